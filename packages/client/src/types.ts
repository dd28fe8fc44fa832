/** What the API takes and gives, as openapi.json describes it. More fields may come; these stay. */

import type { FieldError } from './problem-error.js'

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
  /** Why a running campaign makes no progress. */
  readonly waitingReason: string | null
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
}

/** `{n}` in the template is the number, `{n:5}` the same padded with zeros; `to` is inclusive. */
export interface Range {
  readonly template: string
  readonly from: number
  readonly to: number
}

export type CampaignRequest = CampaignFields &
  ({ readonly scenes: readonly (string | Scene)[] } | { readonly range: Range })

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
  readonly type: 'code.published'
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
}

export interface Quota {
  /** null: not told yet. */
  readonly used: number | null
  readonly limit: number
}

export interface App {
  readonly appid: string
  readonly name: string
  readonly quotas: {
    readonly unlimited: { readonly perMinute: Quota }
    readonly limited: { readonly perMinute: Quota; readonly perDay: Quota; readonly lifetime: Quota }
  }
  readonly holds:
    | readonly {
        readonly lane: string
        readonly scope: string
        readonly reason: string
        readonly until: string
      }[]
    | null
  /** cached, none, held (see holds) or unknown. */
  readonly token: { readonly state: string }
}
