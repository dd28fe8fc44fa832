import { type AppId, WaitFault } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createLeapWatch } from './leap-watch.js'
import { type LeaseContext, type LeasedLane, leaseSlots } from './lease-slots.js'
import type { NewHold, PermitScripts, TakeReply } from './permit-scripts.js'
import { calledKey, createQuotaLedger, holdKey } from './quota-ledger.js'
import { spacingUs } from './spacing.js'
import { createFakeClock } from './testing/fake-clock.js'
import { createMemoryRecords } from './testing/memory-records.js'

const APP = 'wx0123456789abcdef' as AppId
const EPOCH = 1_750_000_000_000

/** Scripts that answer as told; Redis's clock is ours plus `aheadMs`. */
function setUp() {
  const clock = createFakeClock(EPOCH)
  const records = createMemoryRecords()
  const server = { aheadMs: 0, travelMs: 0, state: true }
  const wishes: { wanted: number; leapt: boolean }[] = []
  const inits: (NewHold | null)[] = []
  let wasted = 0
  const scripts: Pick<PermitScripts, 'take' | 'init'> = {
    async take(_key, wish): Promise<TakeReply> {
      wishes.push({ wanted: wish.wanted, leapt: wish.leapt })
      const redisNowMs = EPOCH + clock.monotonic() + server.aheadMs
      if (server.travelMs > 0) await clock.sleep(server.travelMs)
      if (!server.state) return { kind: 'missing', redisNowMs }
      return { kind: 'granted', firstUs: 0, count: wish.wanted, redisNowMs }
    },
    async init(_key, _spacing, hold) {
      inits.push(hold)
      server.state = true
      return true
    },
  }
  const context: LeaseContext = {
    scripts: scripts as PermitScripts,
    ledger: createQuotaLedger(records),
    clock,
    watch: createLeapWatch(),
    lateMs: 150,
    patienceMs: 2_000,
    wasted: (_app, _lane, n) => {
      wasted += n
    },
  }
  const lane = (name: 'unlimited' | 'limited' = 'unlimited'): LeasedLane => ({
    app: APP,
    lane: name,
    key: name,
    limit: () => 5_000,
    leapsMended: context.watch.leaps(),
  })
  const never = new AbortController().signal
  return {
    clock,
    records,
    server,
    wishes,
    inits,
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
    expect(await lease(lane())).toEqual({
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
    const { lease, lane, server, inits, records } = setUp()
    server.state = false
    expect((await lease(lane())).kind).toBe('slots')
    expect(inits).toEqual([null])
    expect(records.files.has(calledKey(APP, 'unlimited'))).toBe(true)
  })

  it('makes a missing state with a hold of a window when the lane was called before, after the marker had its turn', async () => {
    const { lease, lane, server, inits, records, clock } = setUp()
    server.state = false
    records.files.set(calledKey(APP, 'unlimited'), new Uint8Array())
    const leased = lease(lane())
    await clock.advance(999)
    expect(inits).toEqual([])
    await clock.advance(1)
    await leased
    expect(inits).toEqual([{ scope: 'lane', reason: 'minute_quota', forMs: 60_000 }])
  })

  it('does not trust its own mark when it was away for long after making it', async () => {
    const { lease, lane, server, inits, records, clock } = setUp()
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
    expect(inits).toEqual([{ scope: 'lane', reason: 'minute_quota', forMs: 60_000 }])
  })

  it('brings back a long hold from the ledger', async () => {
    const { lease, lane, server, inits, records, clock } = setUp()
    server.state = false
    const hold = { v: 1, scope: 'app', reason: 'day_quota', untilMs: EPOCH + 3_600_000 }
    records.files.set(calledKey(APP, 'unlimited'), new Uint8Array())
    records.files.set(holdKey(APP, 'unlimited'), new TextEncoder().encode(JSON.stringify(hold)))
    const leased = lease(lane())
    await clock.advance(1_000)
    await leased
    expect(inits).toMatchObject([{ scope: 'app', reason: 'day_quota' }])
    expect(inits[0]?.forMs).toBeGreaterThan(3_590_000)
  })

  it('gives up for now when the state vanishes again and again', async () => {
    const { lease, lane, server, inits, clock } = setUp()
    server.state = false
    Object.defineProperty(server, 'state', { get: () => false, set: () => {} })
    const leased = lease(lane()).catch((fault: unknown) => fault)
    await clock.advance(10_000)
    expect(await leased).toBeInstanceOf(WaitFault)
    expect(inits.length).toBe(3)
  })
})
