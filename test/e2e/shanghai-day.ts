/** WeChat's days, which turn at midnight in Shanghai: what was used of one begins anew then. */
import { tick } from './api.js'

export const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * 3_600_000

export const sinceMidnightMs = (nowMs: number): number => (nowMs + SHANGHAI_MS) % DAY_MS

/** Longer than what one test does with a day. */
const CLEAR_MS = 90_000
/** For the hook that waits. */
export const CLEAR_WITHIN_MS = CLEAR_MS + 30_000

/** For a test that counts on a day: resolves at once, or, when the day is about to turn, as soon as it has. */
export async function clearOfMidnight(): Promise<void> {
  const leftMs = DAY_MS - sinceMidnightMs(Date.now())
  if (leftMs < CLEAR_MS) await tick(leftMs + 1_000)
}
