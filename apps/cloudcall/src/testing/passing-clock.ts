/** Time that passes by sleeping alone: for one sleeper at a time. */
import type { Clock } from '@sunpress/core'

export function passingClock(): Clock & { pass(ms: number): void } {
  let nowMs = 1_000_000
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    pass: (ms) => {
      nowMs += ms
    },
    // A time-out is slept beside what it ends, and must not be what time passes by.
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
      nowMs += Math.max(0, ms)
    },
  }
}
