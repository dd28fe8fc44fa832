/** What a lane may do now, put together from its limits and from what it has done. Pure. */
import type { AppId, Lane } from '@sunpress/core'
import type { LanePace } from '@sunpress/upkeep'

export interface LaneLimits {
  /** Calls a minute; null when that can't be known. */
  readonly rateOf: (app: AppId, lane: Lane) => number | null
  /** Calls of a day in Shanghai; null: no limit is known. */
  readonly dayLimitOf: (app: AppId, lane: Lane) => number | null
}

/** What a lane has done. */
export interface LaneUse {
  /** Calls of this day in Shanghai. */
  readonly usedToday: number
  /** The part of the minute's limit that WeChat lets in now. */
  readonly rate: number
}

/** null when its limit can't be known. Where nobody knows what it has done, as if that were nothing. */
export function paceOf(
  { rateOf, dayLimitOf }: LaneLimits,
  app: AppId,
  lane: Lane,
  use: LaneUse | null,
): LanePace | null {
  const [perMinute, limit] = [rateOf(app, lane), dayLimitOf(app, lane)]
  if (perMinute === null) return null
  const day = limit === null ? null : { limit, left: Math.max(0, limit - (use?.usedToday ?? 0)) }
  return { perMinute, rate: use?.rate ?? 1, day }
}
