/** Until when windows are open, judged once until they change: thousands of campaigns share a few of them. */
import { type CampaignWindow, type Clock, windowStanding } from '@sunpress/core'

export interface WindowBook {
  /** Without a window a campaign may print at any time. */
  isOpen(window: CampaignWindow | null): boolean
  /** Epoch ms; 0 while it is closed. */
  closesAt(window: CampaignWindow): number
}

/** A clock that is set back is noticed so soon. */
const BELIEVED_MS = 60_000

export function createWindowBook(clock: Pick<Clock, 'now'>): WindowBook {
  const known = new Map<
    string,
    { readonly closesAt: number; readonly fromMs: number; readonly untilMs: number }
  >()
  return {
    isOpen(window) {
      return window === null || this.closesAt(window) > 0
    },
    closesAt(window) {
      const nowMs = clock.now()
      const name = `${window.from} ${window.to} ${window.timeZone}`
      const before = known.get(name)
      if (before !== undefined && before.fromMs <= nowMs && nowMs < before.untilMs) return before.closesAt
      const { open, changesAt } = windowStanding(window, nowMs)
      const changesMs = Date.parse(changesAt)
      const closesAt = open ? changesMs : 0
      known.set(name, { closesAt, fromMs: nowMs, untilMs: Math.min(changesMs, nowMs + BELIEVED_MS) })
      return closesAt
    },
  }
}
