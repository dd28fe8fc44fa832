/**
 * Hands the slots of one lane to those who wait in this process, each at its time.
 * Promises: a lease only for takers already here, one request to Redis at a time, no permit from a slot that is too late, and
 * nothing while Redis can't be asked. A taker who can't be served soon is refused instead of kept waiting.
 */
import type { Clock } from '@sunpress/core'
import { createAlarm } from './alarm.js'
import type { LeaseAnswer } from './lease-slots.js'
import { faultOf, heldRefusal, type Refusal, refusalBy, waitRefusal } from './refusal.js'
import { judgeSlots, planLease, type Slot } from './slots.js'
import { createTakers } from './takers.js'

export interface DispenserOptions {
  readonly clock: Clock
  /** Slots in one lease at most, now. */
  leaseMost(): number
  /** Nobody waits longer than this. */
  readonly patienceMs: number
  lease(wanted: number): Promise<LeaseAnswer>
  granted(slots: number): void
  /** Nothing will be written in them. */
  wasted(slots: readonly Slot[]): void
}

export interface Dispenser {
  take(signal: AbortSignal): Promise<Slot>
  /** Drops the slots in hand and refuses everybody, now and for at most a second of those to come. */
  stop(refuse: Refusal): void
  /** Forgets a refusal, so that the next taker asks Redis. */
  resume(): void
}

/** Refusals are answered from memory for so long: a hold that was lifted is noticed within it. */
const ASK_AGAIN_MS = 1_000

export function createDispenser(options: DispenserOptions): Dispenser {
  const { clock, patienceMs } = options
  const takers = createTakers()
  const alarm = createAlarm(clock, () => pump())
  let slots: readonly Slot[] = []
  let asking = false
  let refusal: { readonly what: Refusal; readonly untilMs: number } | null = null
  /** A lease asked for before a stop comes too late. */
  let era = 0

  return {
    async take(signal) {
      signal.throwIfAborted()
      const nowMs = clock.monotonic()
      const refused = currentRefusal(nowMs)
      if (refused !== null && takers.count() >= slots.length) throw faultOf(refused, nowMs)
      const slot = takers.add(nowMs, signal, pump)
      pump()
      return await slot
    },
    stop,
    resume() {
      refusal = null
    },
  }

  function pump(): void {
    const nowMs = clock.monotonic()
    handOut(nowMs)
    refuseImpatient(nowMs)
    const wanted = planLease(takers.count(), slots.length, options.leaseMost())
    if (wanted > 0 && !asking && currentRefusal(nowMs) === null) void ask(wanted)
    alarm.set(nextRing())
  }

  function handOut(nowMs: number): void {
    const { lapsed, due, kept } = judgeSlots(slots, takers.count(), nowMs)
    slots = kept
    for (const slot of due) takers.next()?.give(slot)
    if (lapsed.length > 0) options.wasted(lapsed)
    if (due.length > 0) options.granted(due.length)
  }

  /** Takers without a slot have waited long enough; those with one are served within patience. */
  function refuseImpatient(nowMs: number): void {
    const since = takers.sinceOf(slots.length)
    if (since === undefined || since + patienceMs > nowMs) return
    const busy = waitRefusal('more scenes wait for permits than its pace serves soon', nowMs + patienceMs / 2)
    for (const taker of takers.cut(slots.length)) taker.refuse(faultOf(busy, nowMs))
  }

  async function ask(wanted: number): Promise<void> {
    asking = true
    const askedIn = era
    try {
      settle(await options.lease(wanted), askedIn)
    } catch (fault) {
      stop(refusalBy(fault, clock.monotonic()))
    } finally {
      asking = false
    }
    pump()
  }

  function settle(answer: LeaseAnswer, askedIn: number): void {
    const nowMs = clock.monotonic()
    if (answer.kind === 'slots') {
      if (askedIn === era) slots = [...slots, ...answer.slots]
      else options.wasted(answer.slots)
    } else if (answer.kind === 'held') {
      stop(heldRefusal(answer.reason, nowMs + answer.waitMs))
    } else {
      const backMs = answer.waitMs - Math.min(answer.waitMs, patienceMs) / 2
      refuseFrom(slots.length, waitRefusal('the next free slot is too far away', nowMs + backMs))
    }
  }

  function stop(what: Refusal): void {
    era++
    if (slots.length > 0) options.wasted(slots)
    slots = []
    refuseFrom(0, what)
    alarm.set(null)
  }

  function refuseFrom(kept: number, what: Refusal): void {
    const nowMs = clock.monotonic()
    refusal = { what, untilMs: Math.min(what.endsAtMs, nowMs + ASK_AGAIN_MS) }
    for (const taker of takers.cut(kept)) taker.refuse(faultOf(what, nowMs))
  }

  function currentRefusal(nowMs: number): Refusal | null {
    if (refusal !== null && refusal.untilMs <= nowMs) refusal = null
    return refusal?.what ?? null
  }

  /** The next slot for a taker, or its end without one; the end of the patience, or of a refusal, of the first who has none. */
  function nextRing(): number | null {
    const without = takers.sinceOf(slots.length)
    const due = takers.count() > 0 ? slots[0]?.dueMs : slots[0]?.notAfterMs
    if (without === undefined) return due ?? null
    return Math.min(due ?? Infinity, without + patienceMs, refusal?.untilMs ?? Infinity)
  }
}
