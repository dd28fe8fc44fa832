/**
 * Is this process stuck? Only when there was runnable work for a whole minute and none of it was begun: work that is held,
 * paused or waiting for permits, or a Redis that is down, is no reason to be killed.
 */
import type { Clock } from '@sunpress/core'

export interface HealthVerdict {
  readonly ok: boolean
  /** For people; null when all is well. */
  readonly why: string | null
}

export interface ProgressWatch {
  /** Something was begun. */
  began(): void
  /** Is there work that could be begun right now? */
  runnable(is: boolean): void
  verdict(): HealthVerdict
}

const STALLED_AFTER_MS = 60_000

export function createProgressWatch({
  clock,
  stalledAfterMs = STALLED_AFTER_MS,
}: {
  clock: Clock
  stalledAfterMs?: number
}): ProgressWatch {
  /** The later of: the work became runnable, something was begun. null: nothing is runnable. */
  let idleSinceMs: number | null = null
  return {
    began() {
      if (idleSinceMs !== null) idleSinceMs = clock.monotonic()
    },
    runnable(is) {
      if (is) idleSinceMs ??= clock.monotonic()
      else idleSinceMs = null
    },
    verdict() {
      const idleMs = idleSinceMs === null ? 0 : clock.monotonic() - idleSinceMs
      if (idleMs < stalledAfterMs) return { ok: true, why: null }
      return { ok: false, why: `runnable work, and nothing begun for ${Math.floor(idleMs / 1_000)} s` }
    },
  }
}
