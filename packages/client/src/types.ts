/** What the API takes and gives, as openapi.json describes it. More fields may come; these stay. */

import type { FieldError } from './problem-error.js'

export * from './app-types.js'
export * from './schedule-types.js'

export type CampaignState = 'planning' | 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'

/** total = published + refused + cancelled + pending; reused is part of published; skipped is outside of total. */
export interface Counts {
  readonly total: number
  readonly published: number
  readonly reused: number
  readonly refused: number
  readonly cancelled: number
  readonly pending: number
  readonly skipped: number
}

export interface Campaign {
  readonly id: string
  readonly app: string
  readonly name: string
  readonly priority: number
  readonly state: CampaignState
  /** Why it makes no progress; null when nothing waits. One of a list that may grow: see openapi.json. */
  readonly waitingReason: string | null
  /** When it goes on; null where it waits for somebody, or nobody knows. ISO 8601, UTC. */
  readonly waitingUntil: string | null
  readonly etaSeconds: number | null
  readonly counts: Counts
  readonly ignoredColumns?: readonly string[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly finishedAt: string | null
}

/** Fields left out have their defaults. */
export interface Look {
  readonly endpoint?: 'unlimited' | 'limited' | 'qrcode'
  readonly page?: string
  readonly checkPath?: boolean
  readonly envVersion?: 'release' | 'trial' | 'develop'
  /** Pixels, 280 to 1280. */
  readonly width?: number
  readonly autoColor?: boolean
  /** Each 0 to 255. */
  readonly lineColor?: { readonly r: number; readonly g: number; readonly b: number }
  readonly hyaline?: boolean
  readonly epoch?: number
  readonly format?: 'jpg' | 'png'
}

export interface Scene {
  readonly scene: string
  readonly page?: string
  readonly ref?: string
  readonly caption?: string
}

export interface CampaignFields {
  readonly app: string
  /** By default the campaign's id. */
  readonly name?: string
  /** 1 to 9, 9 goes first. */
  readonly priority?: number
  readonly badRows?: 'refuse' | 'skip'
  readonly look?: Look
  /** Prints defective pictures of this campaign again: see `sunpress verify --heal`. */
  readonly heals?: string
  /** So many scenes are printed first; then it pauses for approval. */
  readonly canary?: number
  /** false: it may use up the lifetime quota of the limited endpoints; by default it is refused beyond 95 %. */
  readonly lifetimeGuard?: boolean
}

/** `{n}` in the template is the number, `{n:5}` the same padded with zeros; `to` is inclusive. */
export interface Range {
  readonly template: string
  readonly from: number
  readonly to: number
}

export type CampaignRequest = CampaignFields &
  ({ readonly scenes: readonly (string | Scene)[] } | { readonly range: Range })

/** The first pictures of a campaign beside those of the epoch before. */
export interface Canary {
  readonly canary: number | null
  /** Byte for byte: WeChat still answers with the old ones. */
  readonly same: number
  readonly different: number
  readonly items: readonly {
    readonly index: number
    readonly scene: string
    readonly url: string
    readonly before: { readonly epoch: number; readonly url: string } | null
    readonly same: boolean | null
  }[]
}

/** Which refused rows: WeChat's errcodes, our reasons; without either, all. */
export interface RetryWish {
  readonly errcodes?: readonly number[]
  readonly reasons?: readonly string[]
}

/** What a campaign would come to. */
export interface Plan {
  readonly app: string
  readonly rows: number
  /** Rows that can never be printed, outside of `rows`; `errors` has the first 100. */
  readonly invalidRows: number
  readonly errors: readonly BadRow[]
  /** Of a CSV, where the producer names them: columns that no row is read from. */
  readonly ignoredColumns?: readonly string[]
  readonly duplicates: number
  readonly alreadyPublished: number
  readonly calls: number
  /** `alreadyPublished` and `calls` are counted from a sample. */
  readonly estimated: boolean
  readonly perMinute: number | null
  readonly days: number | null
  /** Beside what is printed now, with the calls of today and the holds that stand. */
  readonly etaSeconds: number | null
  readonly finishAt: string | null
  readonly storage: {
    readonly bytes: number
    readonly bytesEach: number
    /** false: by a formula. */
    readonly seen: boolean
    /** These very pictures, the app's last ones of the same format and width, or a formula. */
    readonly by: 'pictures' | 'recent' | 'formula'
  }
  /** null for getwxacodeunlimit, which has no such limit, and while nobody knows. */
  readonly lifetime: {
    readonly used: number
    readonly fresh: number
    readonly after: number
    readonly limit: number
    /** false: more would be new than there can be, and the rest was not counted. */
    readonly whole: boolean
    /** false: such a campaign is refused (`lifetime_quota`), unless `lifetimeGuard` is false. */
    readonly allowed: boolean
  } | null
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** `resumeCursor`: behind the last row that was looked at, also where nextCursor is null. */
export interface RowPage<T> extends Page<T> {
  readonly resumeCursor: string
}

interface Row {
  readonly v: 1
  /** The same in every repeat of this row. */
  readonly id: string
  readonly app: string
  readonly campaign: string
  readonly index: number
  readonly n: number
  readonly scene: string
  readonly page?: string
  readonly caption?: string
}

export interface PublishedRow extends Row {
  /** code.replaced: another picture stands under a key that was published before. */
  readonly type: 'code.published' | 'code.replaced'
  readonly ref?: string
  readonly codeId: string
  readonly look: string
  readonly key: string
  readonly url: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly contentType: string
  readonly width: number
  /** The picture was there already: closed before the campaign was created, or printed for another row. */
  readonly reused: boolean
  readonly publishedAt: string
}

export interface Failure extends Row {
  readonly type: 'code.refused'
  readonly ref: string | null
  readonly errcode: number | null
  readonly reason: string
  readonly rid: string | null
  readonly attempts: number
  readonly refusedAt: string
}

/** A row that was left out of its campaign, and everything that is wrong with it. */
export interface BadRow {
  /** Physical line of a streamed body, from 1. */
  readonly line?: number
  /** JSON pointer into a JSON body. */
  readonly pointer?: string
  /** The first 20. */
  readonly errors: readonly FieldError[]
}

export interface Code {
  readonly codeId: string
  readonly app: string
  readonly key: string
  readonly url: string
  readonly bytes: number
  readonly sha256: string
  readonly contentType: string
  readonly closedAt: string
  /** sha256 of pictures that were printed again under this key, rightly: rows of before have that of another. */
  readonly replaced: readonly string[]
}

export interface CodeQuery {
  readonly app: string
  readonly scene: string
  /** By default of any page. */
  readonly page?: string
  /** By default of all, those of the release first. */
  readonly envVersion?: 'release' | 'trial' | 'develop'
  /** 1 to 1,000; by default 100. */
  readonly limit?: number
}

/** Found by its scene; its checksum is told by its code id. */
export interface FoundCode {
  readonly codeId: string
  readonly app: string
  readonly scene: string
  readonly lookId: string
  readonly look: Required<Omit<Look, 'page'>> & { readonly page: string | null }
  /** When its look came into use; null: not known. */
  readonly firstUsedAt: string | null
  readonly key: string
  readonly url: string
  readonly bytes: number
  readonly closedAt: string
}
