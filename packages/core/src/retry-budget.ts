/**
 * How much of WeChat's load may be repeats: a tenth of what succeeds, and a few a minute so that a quiet app can retry at all.
 * While WeChat fails, repeats beyond that would only double what it has to bear, and no scene is at fault.
 * Pure but for its own counts, which fade; each process has its own.
 */
import type { Clock } from './clock.js'
import type { AppId } from './ids.js'

/** What a scene that has spent attempts may do now: call again, wait for others, or leave the lane to others that pass. */
export type RetryLeave = 'call' | 'wait' | 'park'

export interface RetryBudget {
  succeeded(app: AppId): void
  failed(app: AppId): void
  /** Asked once before each repeated call. */
  ask(app: AppId): RetryLeave
}

const SHARE = 0.1
const FREE_A_MINUTE = 10
/** Repeats saved up at most: what succeeded long ago says nothing of today. */
const MOST_SAVED = 100
/** After so long half of what was seen is forgotten. */
const HALF_MS = 30_000
/** While one of so many calls passes, a scene that fails again and again is set aside; below, WeChat is away for all. */
const PASSES_FOR_SOME = 0.2

interface Seen {
  succeeded: number
  failed: number
  saved: number
  atMs: number
}

export function createRetryBudget(clock: Pick<Clock, 'monotonic'>): RetryBudget {
  const apps = new Map<AppId, Seen>()

  const seenOf = (app: AppId): Seen => {
    const nowMs = clock.monotonic()
    const known = apps.get(app)
    const seen = known ?? { succeeded: 0, failed: 0, saved: FREE_A_MINUTE, atMs: nowMs }
    if (known === undefined) apps.set(app, seen)
    fade(seen, nowMs)
    return seen
  }

  return {
    succeeded(app) {
      const seen = seenOf(app)
      seen.succeeded++
      seen.saved = Math.min(MOST_SAVED, seen.saved + SHARE)
    },
    failed(app) {
      seenOf(app).failed++
    },
    ask(app) {
      const seen = seenOf(app)
      // As few fail as may be repeated: nothing to save WeChat from.
      if (seen.failed <= seen.succeeded * SHARE) return 'call'
      if (seen.saved >= 1) {
        seen.saved--
        return 'call'
      }
      return seen.succeeded >= (seen.succeeded + seen.failed) * PASSES_FOR_SOME ? 'park' : 'wait'
    },
  }
}

function fade(seen: Seen, nowMs: number): void {
  const pastMs = nowMs - seen.atMs
  if (pastMs <= 0) return
  const left = 0.5 ** (pastMs / HALF_MS)
  seen.succeeded *= left
  seen.failed *= left
  const refilled = Math.min(FREE_A_MINUTE, seen.saved + (FREE_A_MINUTE * pastMs) / 60_000)
  seen.saved = Math.max(refilled, seen.saved * left)
  seen.atMs = nowMs
}
