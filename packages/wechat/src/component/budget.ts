/** The time that one question may take, over all its steps. */
import { type Clock, WaitFault } from '@sunpress/core'

export interface Budget {
  readonly signal: AbortSignal
  /** What is left, ms. Throws WaitFault `token_unavailable` when that is nothing, or the signal's reason. */
  leftMs(): number
}

const AGAIN_MS = 3_000

export function createBudget(clock: Clock, totalMs: number, signal: AbortSignal): Budget {
  const deadlineMs = clock.monotonic() + totalMs
  return {
    signal,
    leftMs() {
      signal.throwIfAborted()
      const leftMs = deadlineMs - clock.monotonic()
      if (leftMs > 0) return leftMs
      throw new WaitFault('token_unavailable', 'no access token: it took too long to get one', AGAIN_MS)
    },
  }
}
