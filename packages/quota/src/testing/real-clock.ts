/** Real time, for tests against a real Redis. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@sunpress/core'

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  },
}

/** Real time with patience: who would wait for a second waits for a minute, in which a paused machine goes on. */
export const patientClock: Clock = {
  ...realClock,
  sleep: (ms, signal) => realClock.sleep(ms < 1_000 ? ms : 60_000, signal),
}
