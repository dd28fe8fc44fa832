/** Real time. `monotonic` never goes back, whatever is done to the machine's clock. */
import { performance } from 'node:perf_hooks'
import type { Clock } from '@sunpress/core'

/** setTimeout ends at once for anything longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    const untilMs = performance.now() + ms
    for (let leftMs = ms; leftMs > 0; leftMs = untilMs - performance.now()) {
      await sleepOnce(Math.min(leftMs, LONGEST_TIMER_MS), signal)
    }
    signal?.throwIfAborted()
  },
}

function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    const wake = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(wake, Math.ceil(ms))
    signal?.addEventListener('abort', abort, { once: true })
  })
}
