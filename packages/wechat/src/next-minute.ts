/** When WeChat's next clock minute begins. Pure. */

/** Present time and chance, for decisions. */
export interface Moment {
  readonly nowMs: number
  /** From 0 up to 1. */
  readonly random: number
}

/** A Date header further off says more about a proxy's clock than about ours. */
const SANE_SKEW_MS = 10 * 60_000
const MINUTE_MS = 60_000
const JITTER_MS = { least: 1_000, spread: 2_000 }

/**
 * WeChat counts calls by its own clock minutes, so its Date header decides, where it is sane; then 1 to 3 s more, so that
 * not everybody starts on the same tick. Source: WeChat's staff on how limits are counted, 2022-11-29.
 */
export function untilNextMinuteMs(dateHeader: unknown, { nowMs, random }: Moment): number {
  const serverMs = typeof dateHeader === 'string' ? Date.parse(dateHeader) : Number.NaN
  const isSane = Math.abs(serverMs - nowMs) <= SANE_SKEW_MS
  const minuteMs = (isSane ? serverMs : nowMs) % MINUTE_MS
  return Math.round(MINUTE_MS - minuteMs + JITTER_MS.least + JITTER_MS.spread * random)
}
