/**
 * How many jobs a lane's worker keeps in hand: those whose calls are in flight, by Little's law (rate × latency), and one
 * lease of others that wait for their permits. Pure but for its own averages.
 */
export interface Pace {
  /** A permit was granted here, at this monotonic ms. */
  granted(atMs: number): void
  /** A road took so long from its permit to its end; ms. */
  travelled(ms: number): void
  jobsInHand(nowMs: number): number
}

/** One lease of permits. */
export const LEASE_JOBS = 25
/** Answers of 5–15 s at 5,000 a minute: some 1,250 calls in flight. */
export const MOST_IN_FLIGHT = 1_250
/** Until a first answer has come. */
const FIRST_LATENCY_MS = 1_000
/** More than the average: latency varies. */
const HEADROOM = 1.25
/** Weight of the newest latency in the average. */
const NEWEST = 0.05
const RATE_OVER_MS = 2_000

/** `perMinute` is the lane's whole limit: the share that falls to this worker shows by what it is granted. */
export function createPace(perMinute: () => number): Pace {
  let latencyMs = FIRST_LATENCY_MS
  let grants = 0
  let sinceMs: number | null = null
  let ratePerMs: number | null = null

  const rate = (nowMs: number): number => {
    if (sinceMs !== null && nowMs - sinceMs >= RATE_OVER_MS) {
      ratePerMs = grants / (nowMs - sinceMs)
      grants = 0
      sinceMs = nowMs
    }
    return ratePerMs ?? perMinute() / 60_000
  }

  return {
    granted(atMs) {
      sinceMs ??= atMs
      grants++
    },
    travelled(ms) {
      latencyMs += (ms - latencyMs) * NEWEST
    },
    jobsInHand(nowMs) {
      const inFlight = Math.min(MOST_IN_FLIGHT, Math.ceil(rate(nowMs) * latencyMs * HEADROOM))
      return LEASE_JOBS + inFlight
    },
  }
}
