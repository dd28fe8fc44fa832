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
