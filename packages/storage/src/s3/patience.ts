/** Asks again what may have passed, a bounded number of times. */
import { HoldFault } from '@sunpress/core'
import type { StoreContext } from '../store.js'
import { isPassing } from './s3-fault.js'

export const TRIES = 3
const BASE_MS = 100
/** A store that stays out of reach is nobody's attempt: the app waits a little, and no scene is refused for it. */
const AWAY_MS = 5_000

/**
 * `attempt` is told which try it is, from 1: what follows an unknown outcome looks before it acts again. After the last one
 * HoldFault `store_unavailable`; RetryFault `store_busy` when another put was in the way each time.
 */
export async function patiently<T>(
  context: StoreContext,
  where: string,
  attempt: (tried: number) => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt(tried)
    } catch (fault) {
      if (!isPassing(fault)) throw fault
      if (tried >= TRIES) throw fault.code === 'store_busy' ? fault : away(where, fault)
      await context.clock.sleep(pauseMs(tried, context.random()))
    }
  }
}

/** Half of it by chance: 50–100 ms, then 100–200 ms. */
export const pauseMs = (tried: number, random: number): number => {
  const whole = BASE_MS * 2 ** (tried - 1)
  return Math.round(whole / 2 + (whole / 2) * random)
}

const away = (where: string, cause: Error): HoldFault =>
  new HoldFault(
    'store_unavailable',
    `${where} is out of reach (AWS_ENDPOINT_URL_S3): ${cause.message}`,
    { scope: 'app', reason: 'storage', forMs: AWAY_MS },
    { cause },
  )
