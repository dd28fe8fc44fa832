/** Which windows are open, judged once until they change: thousands of campaigns share a few of them. */
import { type CampaignWindow, type Clock, windowStanding } from '@sunpress/core'

export interface WindowBook {
  /** Without a window a campaign may print at any time. */
  isOpen(window: CampaignWindow | null): boolean
}

/** A clock that is set back is noticed so soon. */
const BELIEVED_MS = 60_000

export function createWindowBook(clock: Pick<Clock, 'now'>): WindowBook {
  const known = new Map<
    string,
    { readonly open: boolean; readonly fromMs: number; readonly untilMs: number }
  >()
  return {
    isOpen(window) {
      if (window === null) return true
      const nowMs = clock.now()
      const name = `${window.from} ${window.to} ${window.timeZone}`
      const before = known.get(name)
      if (before !== undefined && before.fromMs <= nowMs && nowMs < before.untilMs) return before.open
      const { open, changesAt } = windowStanding(window, nowMs)
      const untilMs = Math.min(Date.parse(changesAt), nowMs + BELIEVED_MS)
      known.set(name, { open, fromMs: nowMs, untilMs })
      return open
    },
  }
}
