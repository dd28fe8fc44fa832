import { randomUUID } from 'node:crypto'
import {
  type AnyFault,
  type AppId,
  type CallOutcome,
  type Clock,
  HoldFault,
  type Lane,
  type Permit,
  type PermitAsk,
  RefuseFault,
  RetryFault,
  WaitFault,
} from '@sunpress/core'
import { appKeys, connectRedis, type Redis } from '@sunpress/redis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { type CallGate, openGate } from './call-gate.js'
import { createPermits, type PermitsOptions, type QuotaPermits } from './permits.js'
import { askOf } from './testing/ask-of.js'
import { comeAgain } from './testing/come-again.js'
import { createMemoryRecords, type MemoryRecords } from './testing/memory-records.js'
import { realClock } from './testing/real-clock.js'
import { wholeDay } from './testing/whole-day.js'

const APP = 'wx0123456789abcdef' as AppId
const UNLIMITED = askOf(APP, 'unlimited')
const LIMITED = askOf(APP, 'limited')
const OF_LANE = { scope: 'lane', app: APP, lane: 'unlimited' } as const
const never = new AbortController().signal

let namespace = ''
let records: MemoryRecords
let ends: (() => void)[] = []

beforeEach(wholeDay)
beforeEach(() => {
  namespace = `test-${randomUUID()}`
  records = createMemoryRecords()
})
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

function start(options: Partial<PermitsOptions> = {}): { permits: QuotaPermits; redis: Redis } {
  const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'answered-test' })
  const permits = createPermits({
    redis,
    namespace,
    clock: realClock,
    records,
    limitOf: () => 3_000,
    // Nothing here is about slots that a paused machine lets go by.
    lateMs: 10_000,
    ...options,
  })
  ends.push(() => {
    permits.close()
    redis.disconnect()
  })
  return { permits, redis }
}

const keyOf = (lane: Lane) => appKeys(namespace, APP).permits(lane)
const words = (errcode: number) => ({ errcode, errmsg: 'reach max api daily quota limit', rid: '1-2-3' })
const tooMany = (errcode = 45009, forMs = 30_000) =>
  new HoldFault(`upstream_${errcode}`, `WeChat answered ${errcode}`, {
    scope: 'lane',
    reason: 'minute_quota',
    forMs,
    words: words(errcode),
  })
const take = (permits: QuotaPermits, ask: PermitAsk): Promise<Permit> =>
  comeAgain(() => permits.take(ask, never))
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (fault: unknown) => fault,
  )

describe('a call that WeChat finds too many', () => {
  it("holds its lane until the fault says, with WeChat's words, slows it, and leaves the other lane alone", async () => {
    const rejected: unknown[] = []
    const { permits } = start({ observer: { rejected: (...what) => rejected.push(what) } })
    const permit = await take(permits, UNLIMITED)
    const fault = await permits.answered(UNLIMITED, permit, tooMany())
    expect(fault).toMatchObject({
      kind: 'hold',
      code: 'upstream_45009',
      scope: 'lane',
      reason: 'minute_quota',
      forMs: 30_000,
    })
    expect((fault as HoldFault).words).toEqual(words(45009))
    expect((fault as HoldFault).cause).toBeInstanceOf(HoldFault)
    expect(await failure(take(permits, UNLIMITED))).toMatchObject({ code: 'held_minute_quota' })
    expect(await permits.readHolds(APP)).toMatchObject([
      { target: OF_LANE, reason: 'minute_quota', message: 'WeChat answered 45009' },
    ])
    expect(await permits.usage(APP, 'unlimited')).toMatchObject({ rate: 0.9, probing: true })
    expect(rejected).toEqual([[APP, 'unlimited', expect.objectContaining({ kind: 'minute', rate: 0.9 })]])
    await take(permits, LIMITED)
  })

  it('costs its scene no attempt when it was under way before the last rejection, and holds nothing anew', async () => {
    const { permits } = start()
    const permitted = [await take(permits, UNLIMITED), await take(permits, UNLIMITED)] as const
    await permits.answered(UNLIMITED, permitted[0], tooMany())
    await permits.lift(OF_LANE)
    const late = await permits.answered(UNLIMITED, permitted[1], tooMany())
    expect(late).toBeInstanceOf(WaitFault)
    expect(late).toMatchObject({ code: 'upstream_45009' })
    expect(await permits.readHolds(APP)).toEqual([])
    expect((await permits.usage(APP, 'unlimited')).rate).toBe(0.9)
  })

  it('is of the day when nearly all calls of a limited day are made: held until 00:05 in Shanghai', async () => {
    const { permits } = start({ dayLimitOf: () => 20 })
    for (let i = 0; i < 18; i++) await take(permits, LIMITED)
    const permit = await take(permits, LIMITED)
    const fault = (await permits.answered(LIMITED, permit, tooMany())) as HoldFault
    expect(fault).toMatchObject({ kind: 'hold', reason: 'day_quota', scope: 'lane' })
    expect(new Date(Date.now() + fault.forMs + 8 * 3_600_000).toISOString()).toMatch(/T00:0[45]:/)
  })

  it('is of the day when WeChat says that nothing remains, and of the minute when something does', async () => {
    for (const remains of [0, 5]) {
      const { permits } = start({ remainOf: () => remains })
      const permit = await take(permits, UNLIMITED)
      const fault = await permits.answered(UNLIMITED, permit, tooMany())
      expect(fault).toMatchObject({ reason: remains === 0 ? 'day_quota' : 'minute_quota' })
      namespace = `${namespace}-`
      records = createMemoryRecords()
    }
  })

  it('is judged as it came when Redis is away', async () => {
    const { permits, redis } = start()
    const permit = await take(permits, UNLIMITED)
    redis.disconnect()
    const fault = tooMany()
    expect(await permits.answered(UNLIMITED, permit, fault)).toBe(fault)
  })
})

describe('after a hold, the one call that goes ahead', () => {
  /** A lane that was rejected and whose hold is over, in two processes. */
  async function afterHold(): Promise<{ one: QuotaPermits; two: QuotaPermits; probe: Permit }> {
    const [one, two] = [start().permits, start().permits]
    await one.answered(UNLIMITED, await take(one, UNLIMITED), tooMany())
    await one.lift(OF_LANE)
    const probe = await take(one, UNLIMITED)
    for (const each of [one, two])
      expect(await failure(each.take(UNLIMITED, never))).toMatchObject({ kind: 'wait', code: 'permits_wait' })
    return { one, two, probe }
  }

  async function inTheEnd(permits: QuotaPermits): Promise<Permit> {
    for (;;) {
      const fault = await failure(permits.take(UNLIMITED, never).then((permit) => Promise.reject(permit)))
      if (!(fault instanceof WaitFault)) return fault as Permit
      await realClock.sleep(fault.afterMs)
    }
  }

  it.each<[string, CallOutcome]>([
    ['its picture came', 'passed'],
    [
      'its scene was refused, for the call itself was let in',
      new RefuseFault('invalid_page', 'no', words(41030)),
    ],
  ])('opens the lane for all when %s', async (_name, outcome) => {
    const { one, two, probe } = await afterHold()
    await one.answered(UNLIMITED, probe, outcome)
    await take(one, UNLIMITED)
    await inTheEnd(two)
    await take(two, UNLIMITED)
  })

  it.each<[string, CallOutcome]>([
    ['was not made', 'unused'],
    ['ended in nobody knows what', 'unknown'],
    ['failed on the way', new RetryFault('upstream_timeout', 'no answer')],
  ])('is followed by another one when it %s', async (_name, outcome) => {
    const { one, two, probe } = await afterHold()
    await one.answered(UNLIMITED, probe, outcome)
    const other = await inTheEnd(two)
    expect((await two.usage(APP, 'unlimited')).probing).toBe(true)
    await two.answered(UNLIMITED, other, 'passed')
    expect((await two.usage(APP, 'unlimited')).probing).toBe(false)
  })

  it('holds the lane again when it is rejected, at the same pace', async () => {
    const { one, probe } = await afterHold()
    expect(await one.answered(UNLIMITED, probe, tooMany())).toMatchObject({ reason: 'minute_quota' })
    expect((await one.usage(APP, 'unlimited')).rate).toBe(0.9)
  })
})

describe('the calls of a day', () => {
  it('are all used, and none beyond them', async () => {
    const { permits } = start({ dayLimitOf: () => 12 })
    const minuteOfClock = () => Math.floor(Date.now() / 60_000)
    const minute = minuteOfClock()
    for (let i = 0; i < 12; i++) await take(permits, LIMITED)
    expect(await failure(take(permits, LIMITED))).toMatchObject({ code: 'held_day_quota' })
    const { usedThisMinute, ...usage } = await permits.usage(APP, 'limited')
    expect(usage).toMatchObject({ usedToday: 12, dayLimit: 12 })
    // It counts anew when the clock's minute turns meanwhile.
    if (minuteOfClock() === minute) expect(usedThisMinute).toBe(12)
    else expect(usedThisMinute).toBeLessThanOrEqual(12)
    expect(await permits.readHolds(APP)).toMatchObject([{ reason: 'day_quota', target: { lane: 'limited' } }])
  })

  it('come back when a permit goes unused', async () => {
    const { permits } = start({ dayLimitOf: () => 5 })
    const taken: Permit[] = []
    for (let i = 0; i < 5; i++) taken.push(await take(permits, LIMITED))
    expect(await failure(take(permits, LIMITED))).toMatchObject({ code: 'held_day_quota' })
    await permits.answered(LIMITED, taken[0] as Permit, 'unused')
    await permits.answered(LIMITED, taken[1] as Permit, new WaitFault('permit_expired', 'too late', 0))
    await permits.answered(LIMITED, taken[2] as Permit, 'unknown')
    await expect.poll(async () => (await permits.usage(APP, 'limited')).usedToday).toBe(3)
    const other = start({ dayLimitOf: () => 5 }).permits
    await take(other, LIMITED)
    await take(other, LIMITED)
    expect(await failure(take(other, LIMITED))).toMatchObject({ code: 'held_day_quota' })
  })

  it('come back when nobody took their slots', async () => {
    let laterMs = 0
    const clock: Clock = {
      ...realClock,
      monotonic: () => realClock.monotonic() + laterMs,
      sleep: (ms, signal) => realClock.sleep(Math.min(ms, 20), signal),
    }
    const { permits } = start({ dayLimitOf: () => 200, limitOf: () => 300, clock })
    const leaving = new AbortController()
    const waiting = Array.from({ length: 8 }, () => permits.take(LIMITED, leaving.signal))
    await Promise.race(waiting)
    leaving.abort(new Error('gone'))
    const ends = await Promise.all(waiting.map(failure))
    const { usedToday } = await permits.usage(APP, 'limited')
    const written = ends.filter((end) => end === null).length
    expect(usedToday).toBeGreaterThan(written)
    // Those that nobody took lapse.
    laterMs += 20_000
    await expect.poll(async () => (await permits.usage(APP, 'limited')).usedToday).toBe(written)
  })

  it('are not forgotten with Redis: at most two blocks are lost', async () => {
    const { permits, redis } = start({ dayLimitOf: () => 500 })
    for (let i = 0; i < 30; i++) await take(permits, LIMITED)
    await redis.del(keyOf('limited'))
    expect(await failure(take(permits, LIMITED))).toMatchObject({ code: 'held_minute_quota' })
    const { usedToday } = await permits.usage(APP, 'limited')
    expect(usedToday).toBeGreaterThanOrEqual(30)
    expect(usedToday).toBeLessThanOrEqual(40)
  })
})

describe('a gate', () => {
  const scripted = (changes: Partial<CallGate>): { gate: CallGate; told: CallOutcome[] } => {
    const told: CallOutcome[] = []
    const answered: CallGate['answered'] = async (_ask, _pass, outcome) => {
      told.push(outcome)
      return typeof outcome === 'string' ? null : outcome
    }
    return { gate: { ...openGate, answered, ...changes }, told }
  }

  it('is asked before a permit is spent', async () => {
    const held = new WaitFault('held_page_held', 'held', 1_000)
    const { gate } = scripted({ enter: () => Promise.reject(held) })
    const { permits } = start({ gate })
    expect(await failure(permits.take(UNLIMITED, never))).toBe(held)
    expect((await permits.usage(APP, 'unlimited')).usedToday).toBe(0)
  })

  it('is told once what became of each pass, also when no permit followed', async () => {
    const { gate, told } = scripted({})
    const { permits } = start({ gate })
    const permit = await permits.take(UNLIMITED, never)
    await permits.answered(UNLIMITED, permit, 'passed')
    await permits.answered(UNLIMITED, permit, 'passed')
    await permits.hold(OF_LANE, { reason: 'token', forMs: 60_000, message: null })
    await failure(permits.take(UNLIMITED, never))
    expect(told).toEqual(['passed', 'unused'])
  })

  it("hears the lane's own judgement, and may give a better fault", async () => {
    const heard: CallOutcome[] = []
    const better = new RefuseFault('page_held', 'many scenes of this page') as AnyFault
    const { gate } = scripted({
      answered: async (_ask, _pass, outcome) => {
        heard.push(outcome)
        return better
      },
    })
    const { permits } = start({ gate, remainOf: () => 0 })
    const permit = await permits.take(UNLIMITED, never)
    expect(await permits.answered(UNLIMITED, permit, tooMany())).toBe(better)
    expect(heard).toMatchObject([{ reason: 'day_quota' }])
  })

  it('holds, shows and lifts what is not of a lane', async () => {
    const put: unknown[] = []
    const target = { scope: 'campaign', app: APP, campaign: UNLIMITED.campaign } as const
    const hold = { reason: 'campaign_held', forMs: 1_000, message: null } as const
    const { gate } = scripted({
      hold: async (...what) => void put.push(what),
      lift: async (...what) => void put.push(what),
      readHolds: async () => [{ target, untilMs: 5, reason: 'campaign_held', message: null }],
    })
    const { permits } = start({ gate })
    await permits.hold(target, hold)
    await permits.lift(target)
    expect(put).toEqual([[target, hold], [target]])
    expect(await permits.readHolds(APP)).toMatchObject([{ target }])
  })
})
