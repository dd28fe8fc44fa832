import { HaltFault, WaitFault } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createDispenser } from './dispenser.js'
import type { LeaseAnswer } from './lease-slots.js'
import { heldRefusal } from './refusal.js'
import type { Slot } from './slots.js'
import { createFakeClock } from './testing/fake-clock.js'
import { slotAt } from './testing/slot-at.js'

const SPACING_MS = 12
const LATE_MS = 150

/** A dispenser whose leases are answered by hand; slots follow each other as Redis would give them. */
function setUp(options: { leaseMost?: number } = {}) {
  const clock = createFakeClock()
  const asked: number[] = []
  const counts = { granted: 0, wasted: 0 }
  let answer: (wanted: number) => LeaseAnswer | Promise<LeaseAnswer> = slotsFrom()
  let tatMs = 0
  function slotsFrom() {
    return (wanted: number): LeaseAnswer => {
      tatMs = Math.max(tatMs, clock.monotonic())
      const slots = Array.from({ length: wanted }, (_, i) =>
        slotAt(tatMs + i * SPACING_MS, tatMs + i * SPACING_MS + LATE_MS),
      )
      tatMs += wanted * SPACING_MS
      return { kind: 'slots', slots }
    }
  }
  const dispenser = createDispenser({
    clock,
    leaseMost: () => options.leaseMost ?? 25,
    patienceMs: 2_000,
    lease: async (wanted) => {
      asked.push(wanted)
      return await answer(wanted)
    },
    granted: (n) => {
      counts.granted += n
    },
    wasted: (slots) => {
      counts.wasted += slots.length
    },
  })
  const take = (signal = new AbortController().signal) => {
    const taken: { permit?: Slot; fault?: unknown; atMs?: number } = {}
    const end = (key: 'permit' | 'fault') => (value: unknown) => {
      Object.assign(taken, { [key]: value, atMs: clock.monotonic() })
    }
    dispenser.take(signal).then(end('permit'), end('fault'))
    return taken
  }
  return {
    clock,
    dispenser,
    asked,
    counts,
    take,
    answer: (next: typeof answer) => {
      answer = next
    },
    answerSlots: () => {
      answer = slotsFrom()
    },
  }
}

const fault = (taken: { fault?: unknown }) => taken.fault as WaitFault

describe('a dispenser', () => {
  it('serves takers in order, each at its own slot', async () => {
    const { clock, take } = setUp()
    const takers = [take(), take(), take()]
    await clock.advance(100)
    expect(takers.map((taken) => taken.atMs)).toEqual([0, 12, 24])
    expect(takers.map((taken) => taken.permit?.notAfterMs)).toEqual([150, 162, 174])
  })

  it('leases only for those who wait, and one lease at a time', async () => {
    const { clock, take, asked, counts } = setUp()
    for (let i = 0; i < 60; i++) take()
    await clock.advance(0)
    expect(asked).toEqual([1, 25])
    await clock.advance(1_000)
    expect(asked.reduce((sum, n) => sum + n)).toBe(60)
    expect(counts).toEqual({ granted: 60, wasted: 0 })
  })

  it('asks again before the slots in hand are used up', async () => {
    const { clock, take, asked } = setUp({ leaseMost: 10 })
    for (let i = 0; i < 31; i++) take()
    await clock.advance(0)
    const before = asked.length
    await clock.advance(4 * SPACING_MS)
    expect(asked.length).toBe(before)
    await clock.advance(2 * SPACING_MS)
    expect(asked.length).toBe(before + 1)
  })

  it('gives the slot of a taker who left to the next', async () => {
    const { clock, take, counts } = setUp()
    const leaving = new AbortController()
    const first = take()
    const second = take(leaving.signal)
    const third = take()
    await clock.advance(0)
    leaving.abort(new Error('gone'))
    await clock.advance(SPACING_MS)
    expect(first.permit).toBeDefined()
    expect(second.fault).toEqual(new Error('gone'))
    expect(third.atMs).toBe(SPACING_MS)
    await clock.advance(1_000)
    expect(counts.granted).toBe(2)
  })

  it('gives slots back when they have passed and nobody has come for them', async () => {
    const { clock, take, counts } = setUp()
    const leaving = new AbortController()
    take()
    for (let i = 0; i < 3; i++) take(leaving.signal)
    await clock.advance(0)
    leaving.abort(new Error('gone'))
    await clock.advance(3 * SPACING_MS + LATE_MS)
    expect(counts).toEqual({ granted: 1, wasted: 3 })
  })

  it('refuses an aborted taker without asking', async () => {
    const { clock, take, asked } = setUp()
    const taken = take(AbortSignal.abort(new Error('gone')))
    await clock.advance(0)
    expect(taken.fault).toEqual(new Error('gone'))
    expect(asked).toEqual([])
  })

  it('drops slots that came too late to be used and takes others', async () => {
    const { clock, take, counts, answer, answerSlots } = setUp()
    answer(() => ({ kind: 'slots', slots: [slotAt(-200, -50)] }))
    const taken = take()
    answerSlots()
    await clock.advance(0)
    expect(taken.permit?.notAfterMs).toBe(LATE_MS)
    expect(counts).toEqual({ granted: 1, wasted: 1 })
  })

  it('refuses all who have no slot when the next one is far away, and asks again within a second', async () => {
    const { clock, take, asked, answer } = setUp()
    answer(() => ({ kind: 'wait', waitMs: 60_000 }))
    const one = take()
    await clock.advance(0)
    expect(fault(one)).toMatchObject({ kind: 'wait', code: 'permits_wait', afterMs: 59_000 })
    await clock.advance(400)
    const two = take()
    await clock.advance(0)
    expect(fault(two)).toMatchObject({ code: 'permits_wait', afterMs: 58_600 })
    expect(asked).toHaveLength(1)
    await clock.advance(600)
    take()
    await clock.advance(0)
    expect(asked).toHaveLength(2)
  })

  it('leaves takers their slots when only further ones are far away', async () => {
    const { clock, take, answer } = setUp({ leaseMost: 1 })
    let leases = 0
    answer(() =>
      leases++ === 0 ? { kind: 'slots', slots: [slotAt(100, 250)] } : { kind: 'wait', waitMs: 3_000 },
    )
    const one = take()
    const two = take()
    await clock.advance(100)
    expect(one.permit).toBeDefined()
    await clock.advance(0)
    expect(fault(two)).toMatchObject({ code: 'permits_wait', afterMs: 2_000 })
  })

  it('says for how long and why a lane is held', async () => {
    const { clock, take, answer } = setUp()
    answer(() => ({ kind: 'held', waitMs: 40_000, reason: 'day_quota' }))
    const taken = take()
    await clock.advance(0)
    expect(fault(taken)).toMatchObject({ kind: 'wait', code: 'held_day_quota', afterMs: 40_000 })
  })

  it('gives nothing when Redis can not be asked: not from memory either', async () => {
    const { clock, take, answer, counts } = setUp()
    let leases = 0
    answer(() => {
      if (leases++ === 0) return { kind: 'slots', slots: [slotAt(500, 650)] }
      throw new WaitFault('redis_unavailable', 'away', 1_000)
    })
    const one = take()
    const two = take()
    await clock.advance(1_000)
    for (const taken of [one, two])
      expect(fault(taken)).toMatchObject({ code: 'redis_unavailable', afterMs: 1_000 })
    expect(counts).toEqual({ granted: 0, wasted: 1 })
  })

  it('passes on what is no waiting', async () => {
    const { clock, take, answer } = setUp()
    answer(() => {
      throw new HaltFault('redis_forbidden', 'no')
    })
    const taken = take()
    await clock.advance(0)
    expect(fault(taken)).toMatchObject({ kind: 'halt' })
  })

  it('stops at once when it is held here, and drops a lease that was under way', async () => {
    const { clock, take, dispenser, answer, counts } = setUp()
    let reply: (value: LeaseAnswer) => void = () => {}
    answer(() => new Promise((resolve) => (reply = resolve)))
    const taken = take()
    await clock.advance(0)
    dispenser.stop(heldRefusal('token', 10_000))
    reply({ kind: 'slots', slots: [slotAt(5, 155)] })
    await clock.advance(100)
    expect(fault(taken)).toMatchObject({ code: 'held_token', afterMs: 10_000 })
    expect(counts).toEqual({ granted: 0, wasted: 1 })
  })

  it('asks at once after a hold was lifted here', async () => {
    const { clock, take, dispenser, asked } = setUp()
    dispenser.stop(heldRefusal('app_held', 10_000))
    const refused = take()
    dispenser.resume()
    const served = take()
    await clock.advance(0)
    expect(fault(refused).code).toBe('held_app_held')
    expect(served.permit).toBeDefined()
    expect(asked).toEqual([1])
  })

  it('keeps nobody waiting beyond its patience', async () => {
    const { clock, take, answer } = setUp()
    answer(() => new Promise(() => {}))
    const taken = take()
    await clock.advance(1_999)
    expect(taken.atMs).toBeUndefined()
    await clock.advance(1)
    expect(fault(taken)).toMatchObject({ code: 'permits_wait', afterMs: 1_000 })
  })
})
