/** WeChat's days turn at midnight in Shanghai, which has no summer time. Pure. */

const DAY_MS = 86_400_000
const SHANGHAI_AHEAD_MS = 8 * 3_600_000
/** So much later, so that no clock that runs ahead wakes a lane on the old day. */
const LATER_MS = 5 * 60_000

/** Days since 1970 in Shanghai. The Lua scripts count alike. */
export const shanghaiDayOf = (epochMs: number): number => Math.floor((epochMs + SHANGHAI_AHEAD_MS) / DAY_MS)

/** Epoch ms of the midnight in Shanghai that a day ends with. */
export const shanghaiDayEndsMs = (day: number): number => (day + 1) * DAY_MS - SHANGHAI_AHEAD_MS

/** From now until five past midnight in Shanghai, the next time that it is. */
export function untilDayTurnsMs(nowMs: number): number {
  const sinceMs = (nowMs + SHANGHAI_AHEAD_MS - LATER_MS) % DAY_MS
  return DAY_MS - sinceMs
}
