/** A clock that moves only when told to, and lets everything that was woken run before it returns. */
import type { Clock } from '@sunpress/core'

export interface FakeClock extends Clock {
  advance(ms: number): Promise<void>
}

interface Sleeper {
  readonly atMs: number
  wake(): void
}

export function createFakeClock(epochMs = 1_750_000_000_000): FakeClock {
  let elapsed = 0
  const sleepers = new Set<Sleeper>()
  const earliest = () => [...sleepers].sort((a, b) => a.atMs - b.atMs)[0]
  return {
    now: () => epochMs + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { atMs: elapsed + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    async advance(ms) {
      const endMs = elapsed + ms
      await settled()
      for (let next = earliest(); next !== undefined && next.atMs <= endMs; next = earliest()) {
        elapsed = Math.max(elapsed, next.atMs)
        sleepers.delete(next)
        next.wake()
        await settled()
      }
      elapsed = endMs
      await settled()
    },
  }
}

/** Microtasks have run when an immediate comes. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
