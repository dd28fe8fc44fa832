import type { Clock } from '@sunpress/core'

/** Time that stands still until it is told otherwise. Nobody sleeps here. */
export function fakeClock(): Clock & { pass(ms: number): void } {
  let nowMs = 0
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: () => Promise.reject(new Error('nobody sleeps here')),
    pass: (ms) => {
      nowMs += ms
    },
  }
}
