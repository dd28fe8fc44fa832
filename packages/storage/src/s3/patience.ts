/** Asks again what may have passed, a bounded number of times. */
import type { StoreContext } from '../store.js'
import { isPassing } from './s3-fault.js'

export const TRIES = 3
const BASE_MS = 100

/** `attempt` is told which try it is, from 1: what follows an unknown outcome looks before it acts again. */
export async function patiently<T>(context: StoreContext, attempt: (tried: number) => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt(tried)
    } catch (fault) {
      if (tried >= TRIES || !isPassing(fault)) throw fault
      await context.clock.sleep(pauseMs(tried, context.random()))
    }
  }
}

/** Half of it by chance: 50–100 ms, then 100–200 ms. */
export const pauseMs = (tried: number, random: number): number => {
  const whole = BASE_MS * 2 ** (tried - 1)
  return Math.round(whole / 2 + (whole / 2) * random)
}
