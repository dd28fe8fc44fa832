/** How fast something goes, over its last seconds. Pure. */

export interface Sample {
  readonly atMs: number
  readonly done: number
}

/** The samples that count, oldest first. */
export type Rate = readonly Sample[]

const SPAN_MS = 10_000

/** Leaves out what is older than the span. */
export function advanceRate(rate: Rate, sample: Sample): Rate {
  const firstWithin = rate.findIndex(({ atMs }) => sample.atMs - atMs <= SPAN_MS)
  return [...rate.slice(firstWithin < 0 ? rate.length : firstWithin), sample]
}

/** null until two samples tell. Counts that dip, as behind an index that is being rebuilt, are a standstill. */
export function perSecond(rate: Rate): number | null {
  const [first, last] = [rate[0], rate.at(-1)]
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null
  return (Math.max(0, last.done - first.done) * 1000) / (last.atMs - first.atMs)
}

/** Seconds until `left` more are done; null when nothing moves. */
export function secondsLeft(left: number, speed: number | null): number | null {
  if (left === 0) return 0
  return speed === null || speed <= 0 ? null : Math.ceil(left / speed)
}
