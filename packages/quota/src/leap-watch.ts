/** How often Redis's clock was seen to leap forward: shared by all lanes of one connection, since each has a pace to mend. */
import { type ClockOffset, watchClock } from './clock-watch.js'
import type { Exchange } from './slots.js'

export interface LeapWatch {
  readonly leaps: () => number
  observe(redisNowMs: number, exchange: Exchange): void
}

export function createLeapWatch(): LeapWatch {
  let offset: ClockOffset | null = null
  let leaps = 0
  return {
    leaps: () => leaps,
    observe(redisNowMs, exchange) {
      const seen = watchClock(offset, redisNowMs, exchange)
      offset = seen.offset
      if (seen.step === 'forward') leaps++
    },
  }
}
