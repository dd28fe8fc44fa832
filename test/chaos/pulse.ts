/** How long somebody kept others waiting, as a frozen process or a busy machine does: it is asked all the time. */
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 50

export interface Pulse {
  /** The longest time without an answer so far: what was sent to it may have been read so much later. */
  longestMs(): number
  /** Rejects when it couldn't be asked. */
  stop(): Promise<void>
}

export function feelPulse(ask: () => Promise<unknown>): Pulse {
  let goesOn = true
  let longest = 0
  const beat = async (): Promise<void> => {
    for (let last = performance.now(); goesOn; await sleep(EVERY_MS)) {
      await ask()
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
  }
  const beats = beat()
  // Told by `stop`: until then nobody listens.
  beats.catch(() => undefined)
  return {
    longestMs: () => longest,
    async stop() {
      goesOn = false
      await beats
    },
  }
}
