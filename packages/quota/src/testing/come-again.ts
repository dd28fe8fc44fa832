/** Nobody waits for a permit longer than 2 s, and no slot is used that Redis told of too late: on a machine that pauses, that may be anyone. */
import { isFault } from '@sunpress/core'
import { realClock } from './real-clock.js'

const PAUSED: readonly string[] = ['permits_wait', 'redis_slow']

/** Asks again as often as it is told to, as a job does; throws what else it is told. */
export async function comeAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (fault) {
      if (!isFault(fault) || fault.kind !== 'wait' || !PAUSED.includes(fault.code)) throw fault
      await realClock.sleep(Math.min(200, fault.afterMs))
    }
  }
}
