/** A stop for a reason. Holds live beside the permits, so that whoever asks for a permit meets them. */
import type { AppId, CampaignId } from './ids.js'
import type { Lane } from './lane.js'
import type { EnvVersion } from './look.js'

export type HoldScope = 'app' | 'lane' | 'page' | 'campaign'

/** Also what a campaign answers as its `waitingReason`. */
export type HoldReason =
  | 'minute_quota'
  | 'day_quota'
  | 'token'
  | 'app_held'
  | 'page_held'
  | 'campaign_held'
  | 'storage'

/** A page as WeChat checks it: by its version. */
export interface PageRef {
  readonly page: string
  readonly envVersion: EnvVersion
}

/** What a hold stops. */
export type HoldTarget =
  | { readonly scope: 'app'; readonly app: AppId }
  | { readonly scope: 'lane'; readonly app: AppId; readonly lane: Lane }
  | { readonly scope: 'page'; readonly app: AppId; readonly page: PageRef }
  | { readonly scope: 'campaign'; readonly app: AppId; readonly campaign: CampaignId }

export interface NewHold {
  readonly reason: HoldReason
  readonly forMs: number
  /** For people: what WeChat said, or what was found; holds no secret. */
  readonly message: string | null
}

export interface Hold {
  readonly target: HoldTarget
  readonly reason: HoldReason
  /** Epoch ms by the clock of Redis. */
  readonly untilMs: number
  readonly message: string | null
}
