/** Slots of a lease on the local clock. Pure: times are arguments, in ms of the monotonic clock. */

export interface Slot {
  /** The slot's time, at worst late by the travel of Redis's answer, never early. */
  readonly dueMs: number
  /** Its earliest possible time + what a write may be late. */
  readonly notAfterMs: number
  /** The same time by Redis's clock, epoch µs. */
  readonly redisUs: number
  /** The day in Shanghai that it was counted for. */
  readonly day: number
  /** When the probe was given, in µs by Redis's clock; null for a slot like all others. */
  readonly probeAtUs: number | null
}

export interface Grant {
  /** From the moment the script ran to the first slot. */
  readonly firstUs: number
  readonly count: number
  readonly spacingUs: number
  readonly redisNowMs: number
  readonly day: number
  readonly probe: boolean
}

export interface Exchange {
  readonly sentAtMs: number
  readonly receivedAtMs: number
}

/**
 * The script ran somewhere between sending and receipt. Counting the due time from receipt and the latest time from sending
 * keeps every write within [slot, slot + lateMs], whatever the travel took; a travel longer than lateMs leaves nothing to use.
 */
export function placeSlots(grant: Grant, exchange: Exchange, lateMs: number): readonly Slot[] {
  const nowUs = Math.round(grant.redisNowMs * 1_000)
  return Array.from({ length: grant.count }, (_, i) => {
    const delayUs = grant.firstUs + i * grant.spacingUs
    return {
      dueMs: exchange.receivedAtMs + delayUs / 1_000,
      notAfterMs: exchange.sentAtMs + delayUs / 1_000 + lateMs,
      redisUs: nowUs + delayUs,
      day: grant.day,
      probeAtUs: grant.probe ? nowUs : null,
    }
  })
}

export interface SlotVerdict {
  /** Too late for anybody. */
  readonly lapsed: readonly Slot[]
  /** Due now, and a taker for each. */
  readonly due: readonly Slot[]
  readonly kept: readonly Slot[]
}

/** What to do now with slots in order of time. A slot without a taker is kept as long as it can be used. */
export function judgeSlots(slots: readonly Slot[], takers: number, nowMs: number): SlotVerdict {
  const alive = slots.filter((slot) => slot.notAfterMs > nowMs)
  const lapsed = alive.length === slots.length ? [] : slots.filter((slot) => slot.notAfterMs <= nowMs)
  const firstLater = alive.findIndex((slot) => slot.dueMs > nowMs)
  const given = Math.min(takers, firstLater === -1 ? alive.length : firstLater)
  return { lapsed, due: alive.slice(0, given), kept: alive.slice(given) }
}

/**
 * Slots to ask for: only for takers that have none, and not before half a lease is used up, so that leases are few;
 * half a lease still in hand bridges the travel to Redis.
 */
export function planLease(takers: number, slots: number, leaseMost: number): number {
  if (slots > leaseMost / 2) return 0
  return Math.max(0, Math.min(takers - slots, leaseMost))
}
