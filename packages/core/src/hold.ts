/** A stop for a reason. Holds live beside the permits, so that whoever asks for a permit meets them. */
export type HoldScope = 'app' | 'lane'

/** Also what a campaign answers as its `waitingReason`. */
export type HoldReason = 'minute_quota' | 'day_quota' | 'token' | 'app_held' | 'storage'

export interface Hold {
  readonly scope: HoldScope
  readonly reason: HoldReason
  /** Epoch ms by the clock of Redis. */
  readonly untilMs: number
}
