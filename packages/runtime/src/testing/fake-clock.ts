import type { Clock } from '@sunpress/core'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** Time that stands still until `advance`, which wakes the sleepers it passes and lets what they set off run. */
export function fakeClock(): Clock & { advance(ms: number): Promise<void> } {
  let nowMs = 0
  let sleepers: Sleeper[] = []
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { atMs: nowMs + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          reject(signal.reason)
        })
      }),
    async advance(ms) {
      nowMs += ms
      const due = sleepers.filter(({ atMs }) => atMs <= nowMs)
      sleepers = sleepers.filter(({ atMs }) => atMs > nowMs)
      for (const { wake } of due) wake()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
