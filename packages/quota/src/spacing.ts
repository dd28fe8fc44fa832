/**
 * How far apart slots are. Promises: no 60 s interval at any offset holds more than `limit` writes.
 *
 * Let slots be at least T apart by the clock of Redis, and let each write happen in [slot, slot + J]. The writes of a closed
 * interval [t, t + W] belong to slots in [t - J, t + W], a stretch of W + J. n + 1 slots span at least n·T, so the stretch
 * holds at most `limit` slots if limit·T > W + J. Hence T = (W + J + D) / limit with any D > 0. Neither the size of leases
 * nor their number enters: a lease is a run of slots each with its own time, so their borders cost nothing (b = 0), and
 * D > 0 takes the place of the "limit - 1" that a closed interval asks for otherwise.
 *
 * D pays for clocks: over W + J, Redis's may run fast by 500 ppm, the most that NTP slews (30.1 ms); over a wait of 2 s ours
 * may run slow by as much (1 ms); and a step of up to 20 ms goes unnoticed (clock-watch.ts). 60 ms covers the three.
 *
 * WeChat counts what comes in, not what is written. A call that travels longer than one a minute later by no more than what J leaves
 * unused and A, 90 ms, comes in within the limit too: T = (W + J + D + A) / limit. On an idle machine calls travel alike; the first ones
 * of a process do not.
 *
 * Of the quota 60 / 60.3 = 99.5 % can be used, at every limit. For limit 1, T = W + J + D + A.
 * Not promised: anything about arrivals at the far end beyond that, nor for a limit that is lowered, within 60 s of that.
 */
export const WINDOW_MS = 60_000
/** A write this long after its slot is not made. J of the above. */
export const LATE_MS = 150
/** D of the above. */
export const CLOCK_ALLOWANCE_MS = 60
/** What calls may differ in their travel. A of the above. */
export const TRAVEL_ALLOWANCE_MS = 90
/** take-permits.lua gives no slot farther ahead, whatever a caller's patience. */
export const MOST_AHEAD_MS = 2_000

/** Whole µs, rounded up. `limit`: calls in 60 s, above 0; a fraction below 1 means less than one call a minute. */
export function spacingUs(limit: number, lateMs: number = LATE_MS): number {
  if (!(limit > 0 && Number.isFinite(limit)))
    throw new RangeError(`limit: expected calls per minute above 0, got ${limit}`)
  const stretchMs = WINDOW_MS + lateMs + CLOCK_ALLOWANCE_MS + TRAVEL_ALLOWANCE_MS
  return Math.ceil((stretchMs * 1_000) / Math.min(limit, Math.max(1, Math.floor(limit))))
}
