/**
 * How many jobs a lane's worker keeps in hand: those whose calls are in flight, by Little's law (rate × latency), and one
 * lease of others that wait for their permits. Pure but for its own averages.
 */
export interface Pace {
  /** A job began to wait for its permit. */
  waits(): void
  /** It waits no more: with a permit, at this monotonic ms, or without one. */
  waited(grantedAtMs: number | null): void
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
/** While hardly a job waits for a permit, jobs are what is short. */
const GROWTH = 2
/** Weight of the newest latency in the average. */
const NEWEST = 0.05
const RATE_OVER_MS = 1_000

/** `perMinute` is the lane's whole limit: the share that falls to this worker shows by what it is granted. */
export function createPace(perMinute: () => number): Pace {
  let latencyMs = FIRST_LATENCY_MS
  let waiting = 0
  let grants = 0
  let sinceMs: number | null = null
  /** null: not known, as at the beginning and after a pause; then it is taken to be all that the lane may. */
  let ratePerMs: number | null = null

  const lookAgain = (nowMs: number): void => {
    if (sinceMs === null || nowMs - sinceMs < RATE_OVER_MS) return
    ratePerMs = grants === 0 ? null : grants / (nowMs - sinceMs)
    sinceMs = grants === 0 ? null : nowMs
    grants = 0
  }

  return {
    waits() {
      waiting++
    },
    waited(grantedAtMs) {
      waiting--
      if (grantedAtMs === null) return
      sinceMs ??= grantedAtMs
      grants++
    },
    travelled(ms) {
      latencyMs += (ms - latencyMs) * NEWEST
    },
    jobsInHand(nowMs) {
      lookAgain(nowMs)
      const limit = perMinute() / 60_000
      const rate =
        ratePerMs === null ? limit : Math.min(limit, ratePerMs * (waiting < LEASE_JOBS / 2 ? GROWTH : 1))
      return LEASE_JOBS + Math.min(MOST_IN_FLIGHT, Math.ceil(rate * latencyMs * HEADROOM))
    },
  }
}
