/**
 * Permits that nobody will use go back to their day, a few at a time; a probe among them makes room for another.
 * Not promised: that they do go back. One that doesn't counts as used.
 */
import type { LeasedLane } from './lease-slots.js'
import type { PermitScripts } from './permit-scripts.js'
import type { Slot } from './slots.js'

export interface Returns {
  add(lane: LeasedLane, slots: readonly Slot[]): void
}

export function createReturns(scripts: PermitScripts, word: () => string): Returns {
  const waiting = new Map<LeasedLane, Slot[]>()
  let sending = false

  async function sendAll(): Promise<void> {
    for (let next = first(); next !== null; next = first()) {
      waiting.delete(next.lane)
      // Redis is away: the permits count as used.
      await giveBack(scripts, next.lane, next.slots, word()).catch(() => {})
    }
    sending = false
  }

  function first() {
    const [entry] = waiting
    return entry === undefined ? null : { lane: entry[0], slots: entry[1] }
  }

  return {
    add(lane, slots) {
      waiting.set(lane, [...(waiting.get(lane) ?? []), ...slots])
      if (sending) return
      sending = true
      queueMicrotask(() => void sendAll())
    },
  }
}

async function giveBack(
  scripts: PermitScripts,
  { keys }: LeasedLane,
  slots: readonly Slot[],
  word: string,
): Promise<void> {
  for (const day of new Set(slots.map((slot) => slot.day))) {
    const count = slots.filter((slot) => slot.day === day).length
    await scripts.giveBack(keys, count, day, `${word}-${day}`)
  }
  for (const { probeAtUs } of slots)
    if (probeAtUs !== null) await scripts.endProbe(keys, 'unknown', probeAtUs)
}
