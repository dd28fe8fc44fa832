/** WeChat's days turn at midnight in Shanghai, which has no summer time. Pure. */

const DAY_MS = 86_400_000
const SHANGHAI_AHEAD_MS = 8 * 3_600_000
/** So much later, so that no clock that runs ahead wakes a lane on the old day. */
const LATER_MS = 5 * 60_000

/** From now until five past midnight in Shanghai, the next time that it is. */
export function untilDayTurnsMs(nowMs: number): number {
  const sinceMs = (nowMs + SHANGHAI_AHEAD_MS - LATER_MS) % DAY_MS
  return DAY_MS - sinceMs
}
