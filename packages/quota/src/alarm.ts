/** One timer that can be set anew; it rings at or after its time, on the monotonic clock. */
import type { Clock } from '@sunpress/core'

export interface Alarm {
  /** null: no ring. */
  set(atMs: number | null): void
}

export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let current: { atMs: number; cancel: AbortController } | null = null
  return {
    set(atMs) {
      if (current?.atMs === atMs) return
      current?.cancel.abort()
      current = null
      if (atMs === null) return
      const mine = { atMs, cancel: new AbortController() }
      current = mine
      const ended = () => {
        if (current !== mine) return
        current = null
        ring()
      }
      clock.sleep(Math.max(0, Math.ceil(atMs - clock.monotonic())), mine.cancel.signal).then(ended, () => {})
    },
  }
}
