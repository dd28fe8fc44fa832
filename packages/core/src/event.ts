/** What the feed carries and the manifest keeps: one row a scene, version 1. */
import type { AppId, CampaignId, CodeId, EventId, LookId } from './ids.js'

interface RowFacts {
  readonly v: 1
  readonly id: EventId
  readonly app: AppId
  readonly campaign: CampaignId
  readonly index: number
  /** 1, 2, 3 … within the campaign, in the order of publication. */
  readonly n: number
  readonly scene: string
  readonly page?: string
  readonly ref?: string
  readonly caption?: string
}

/** `url` is not kept: it is computed when read. */
export interface PublishedEvent extends RowFacts {
  /** `code.replaced`: another picture stands under a key that was published before; copies of the old one are to be purged. */
  readonly type: 'code.published' | 'code.replaced'
  readonly codeId: CodeId
  readonly look: LookId
  readonly key: string
  readonly bytes: number
  readonly sha256: string
  readonly contentType: 'image/jpeg' | 'image/png'
  readonly width: number
  readonly reused: boolean
  readonly publishedAt: string
}

export interface RefusedEvent extends RowFacts {
  readonly type: 'code.refused'
  readonly errcode: number | null
  readonly reason: string
  readonly rid: string | null
  readonly attempts: number
  readonly refusedAt: string
}

export type FeedEvent = PublishedEvent | RefusedEvent

/** An event before the feed has numbered it. */
export type Unnumbered<E extends FeedEvent> = E extends FeedEvent ? Omit<E, 'n'> : never

/** The picture is gone for good; only a purge withdraws. `id` is its own: `<campaign>.<index>.withdrawn`. */
export interface WithdrawnEvent {
  readonly v: 1
  readonly id: EventId
  readonly type: 'code.withdrawn'
  readonly app: AppId
  readonly campaign: CampaignId
  readonly index: number
  readonly scene: string
  readonly codeId: CodeId
  readonly key: string
  readonly withdrawnAt: string
}
