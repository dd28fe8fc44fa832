import { type AppId, WaitFault } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createLeapWatch } from './leap-watch.js'
import { type LeaseContext, type LeasedLane, leaseSlots } from './lease-slots.js'
import type { LanePast, PermitScripts, Reservation } from './permit-scripts.js'
import { calledKey, createQuotaLedger, dayKey, holdKey } from './quota-ledger.js'
import { dayOf } from './shanghai-day.js'
import { spacingUs } from './spacing.js'
import type { TakeReply } from './take-reply.js'
import { createFakeClock } from './testing/fake-clock.js'
import { createMemoryRecords } from './testing/memory-records.js'

const APP = 'wx0123456789abcdef' as AppId
const EPOCH = 1_750_000_000_000

/** Scripts that answer as told; Redis's clock is ours plus `aheadMs`. */
function setUp() {
  const clock = createFakeClock(EPOCH)
  const records = createMemoryRecords()
  const server = { aheadMs: 0, travelMs: 0, state: true, restarted: false, reserved: 0 }
  const wishes: { wanted: number; leapt: boolean }[] = []
  const settled: LanePast[] = []
  const reservations: Reservation[] = []
  let wasted = 0
  let dayLimit: number | null = null
  const scripts: Pick<PermitScripts, 'take' | 'settle' | 'reserve'> = {
    async take(_key, wish): Promise<TakeReply> {
      wishes.push({ wanted: wish.wanted, leapt: wish.leapt })
      const redisNowMs = EPOCH + clock.monotonic() + server.aheadMs
      if (server.travelMs > 0) await clock.sleep(server.travelMs)
      if (!server.state) return { kind: 'missing', redisNowMs }
      if (server.restarted) return { kind: 'unsettled', redisNowMs }
      const day = dayOf(redisNowMs)
      const { reserved } = server
      if (wish.dayLimit !== null && reserved === 0)
        return { kind: 'reserve', day, used: 0, reserved, redisNowMs }
      const granted = {
        firstUs: 0,
        count: wish.wanted,
        spacingUs: wish.spacingUs,
        redisNowMs,
        day,
        probe: false,
      }
      return { kind: 'granted', ...granted, reserveFrom: wish.dayLimit === null ? null : reserved }
    },
    async settle(_keys, _spacing, past) {
      settled.push(past)
      server.state = true
      server.restarted = false
      return true
    },
    async reserve(_keys, reservation) {
      reservations.push(reservation)
      server.reserved = reservation.reserved
    },
  }
  const context: LeaseContext = {
    scripts: scripts as PermitScripts,
    ledger: createQuotaLedger(records),
    clock,
    watch: createLeapWatch(),
    lateMs: 150,
    patienceMs: 2_000,
    wasted: (_lane, slots) => {
      wasted += slots.length
    },
  }
  const lane = (name: 'unlimited' | 'limited' = 'unlimited'): LeasedLane => ({
    app: APP,
    lane: name,
    keys: { permits: name, appHold: 'app' },
    limit: () => 5_000,
    dayLimit: () => dayLimit,
    leapsMended: context.watch.leaps(),
    reserving: false,
    lastLimit: 0,
  })
  const never = new AbortController().signal
  return {
    clock,
    records,
    server,
    wishes,
    settled,
    reservations,
    limitDays: (calls: number) => {
      dayLimit = calls
    },
    wasted: () => wasted,
    lane,
    lease: (leased: LeasedLane, wanted = 2) => leaseSlots(context, leased, wanted, never),
  }
}

describe('leaseSlots', () => {
  it('puts the slots on the local clock', async () => {
    const { lease, lane, clock } = setUp()
    await clock.advance(1_000)
    const apartMs = spacingUs(5_000) / 1_000
    expect(await lease(lane())).toMatchObject({
      kind: 'slots',
      slots: [
        { dueMs: 1_000, notAfterMs: 1_150 },
        { dueMs: 1_000 + apartMs, notAfterMs: 1_150 + apartMs },
      ],
    })
  })

  it("throws away what was given after a leap of Redis's clock, and has each lane's pace mended once", async () => {
    const { lease, lane, server, wishes, wasted } = setUp()
    const [one, two] = [lane(), lane('limited')]
    await lease(one)
    server.aheadMs = 5_000
    await lease(one)
    await lease(two)
    await lease(one)
    await lease(two)
    expect(wishes.map(({ leapt }) => leapt)).toEqual([false, false, true, true, false, false])
    expect(wasted()).toBe(2)
  })

  it('uses nothing of an answer that took longer than a write may be late', async () => {
    const { lease, lane, server, clock, wasted } = setUp()
    server.travelMs = 151
    const leased = lease(lane()).catch((fault: unknown) => fault)
    await clock.advance(200)
    expect(await leased).toMatchObject({ kind: 'wait', code: 'redis_slow' })
    expect(wasted()).toBe(2)
  })

  it('makes a missing state without a hold for the one who marks the lane as called', async () => {
    const { lease, lane, server, settled, records } = setUp()
    server.state = false
    expect((await lease(lane())).kind).toBe('slots')
    const day = { day: dayOf(EPOCH), reserved: 0 }
    expect(settled).toEqual([{ windowMs: 0, laneHold: null, appHold: null, day }])
    expect(records.files.has(calledKey(APP, 'unlimited'))).toBe(true)
  })

  it('makes a missing state with a hold of a window when the lane was called before, after the marker had its turn', async () => {
    const { lease, lane, server, settled, records, clock } = setUp()
    server.state = false
    records.files.set(calledKey(APP, 'unlimited'), new Uint8Array())
    const leased = lease(lane())
    await clock.advance(999)
    expect(settled).toEqual([])
    await clock.advance(1)
    await leased
    expect(settled).toMatchObject([{ windowMs: 60_000, laneHold: null }])
  })

  it('does not trust its own mark when it was away for long after making it', async () => {
    const { lease, lane, server, settled, records, clock } = setUp()
    server.state = false
    const { putIfAbsent } = records
    records.putIfAbsent = async (...args) => {
      const made = await putIfAbsent(...args)
      await clock.sleep(5_000)
      return made
    }
    const leased = lease(lane())
    await clock.advance(10_000)
    await leased
    expect(settled).toMatchObject([{ windowMs: 60_000, laneHold: null }])
  })

  it("brings back a lane's and its app's long holds from the ledger, also after a restart of Redis alone", async () => {
    const { lease, lane, server, settled, records } = setUp()
    server.restarted = true
    const record = (hold: object) => new TextEncoder().encode(JSON.stringify({ v: 1, ...hold }))
    const untilMs = EPOCH + 3_600_000
    records.files.set(holdKey(APP, 'unlimited'), record({ reason: 'day_quota', untilMs, message: 'used up' }))
    records.files.set(holdKey(APP, 'app'), record({ reason: 'token', untilMs, message: null }))
    await lease(lane())
    const forMs = 3_600_000
    const laneHold = { reason: 'day_quota', forMs, message: 'used up' }
    expect(settled).toMatchObject([{ laneHold, appHold: { reason: 'token', forMs, message: null } }])
    expect(records.files.has(calledKey(APP, 'unlimited'))).toBe(false)
  })

  it('counts all calls that the ledger has reserved of the day as made, and forgets older days', async () => {
    const { lease, lane, server, settled, records, clock, limitDays } = setUp()
    limitDays(10_000)
    server.state = false
    const today = dayOf(EPOCH)
    const [first, second, old] = [
      dayKey(APP, 'limited', today, 100),
      dayKey(APP, 'limited', today, 1_200),
      dayKey(APP, 'limited', today - 1, 9_000),
    ]
    for (const key of [first, second, old, calledKey(APP, 'limited')])
      records.files.set(key, new Uint8Array())
    const leased = lease(lane('limited'))
    await clock.advance(1_000)
    await leased
    expect(settled).toMatchObject([{ windowMs: 60_000, day: { day: today, reserved: 1_200 } }])
    expect([...records.files.keys()]).not.toContain(old)
  })

  it('asks what is reserved of the day also while no limit of it is known', async () => {
    const { lease, lane, server, settled, records, clock } = setUp()
    server.restarted = true
    records.files.set(dayKey(APP, 'unlimited', dayOf(EPOCH), 633), new Uint8Array())
    const leased = lease(lane())
    await clock.advance(1_000)
    await leased
    expect(settled).toMatchObject([{ day: { day: dayOf(EPOCH), reserved: 633 } }])
  })

  it('reserves a block of the day in the ledger before Redis learns of it, and the next one ahead of its use', async () => {
    const { lease, lane, reservations, records, clock, limitDays } = setUp()
    limitDays(10_000)
    const today = dayOf(EPOCH)
    await lease(lane('limited'))
    expect(reservations[0]).toEqual({ day: today, before: 0, reserved: 100, opens: true })
    expect(records.files.has(dayKey(APP, 'limited', today, 100))).toBe(true)
    await clock.advance(0)
    expect(reservations[1]).toEqual({ day: today, before: 100, reserved: 200, opens: false })
    expect(records.files.has(dayKey(APP, 'limited', today, 200))).toBe(true)
  })

  it('gives up for now when the state vanishes again and again', async () => {
    const { lease, lane, server, settled, clock } = setUp()
    server.state = false
    Object.defineProperty(server, 'state', { get: () => false, set: () => {} })
    const leased = lease(lane()).catch((fault: unknown) => fault)
    await clock.advance(10_000)
    expect(await leased).toBeInstanceOf(WaitFault)
    expect(settled.length).toBe(4)
  })
})
