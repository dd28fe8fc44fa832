import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { type AppId, type Clock, type Lane, type Permit, RetryFault, type WaitFault } from '@sunpress/core'
import { appKeys, connectRedis, type Redis } from '@sunpress/redis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { startRedis } from '../../../test/services/redis.mjs'
import { createPermits, type PermitsObserver, type PermitsOptions, type QuotaPermits } from './permits.js'
import { calledKey } from './quota-ledger.js'
import { CLOCK_ALLOWANCE_MS, LATE_MS, MOST_AHEAD_MS, spacingUs, WINDOW_MS } from './spacing.js'
import { askOf } from './testing/ask-of.js'
import { comeAgain } from './testing/come-again.js'
import { createMemoryRecords, type MemoryRecords } from './testing/memory-records.js'
import { mostInWindow } from './testing/most-in-window.js'
import { realClock } from './testing/real-clock.js'

const APP = 'wx0123456789abcdef' as AppId
const LANE: Lane = 'unlimited'
const never = new AbortController().signal
setMaxListeners(0, never)

let namespace = ''
let records: MemoryRecords
let ends: (() => void)[] = []

beforeEach(() => {
  namespace = `test-${randomUUID()}`
  records = createMemoryRecords()
})
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

interface Started {
  readonly permits: QuotaPermits
  readonly redis: Redis
}

interface StartOptions extends Partial<Pick<PermitsOptions, 'clock' | 'observer' | 'lateMs'>> {
  readonly limit?: number
  readonly url?: string
}

/** For what is not about slots that a paused machine lets go by. */
const CALM = { lateMs: 10_000 }

/** One process's permits, with a connection of its own. */
function start(options: StartOptions = {}): Started {
  const redis = connectRedis({
    url: options.url ?? inject('redisUrl'),
    purpose: 'command',
    name: 'permits-test',
  })
  const { limit = 3_000, url: _, ...more } = options
  const permits = createPermits({
    redis,
    namespace,
    clock: realClock,
    limitOf: () => limit,
    records,
    ...more,
  })
  ends.push(() => {
    permits.close()
    redis.disconnect()
  })
  return { permits, redis }
}

const keyOf = (lane: Lane = LANE) => appKeys(namespace, APP).permits(lane)
const takeOnce = (permits: QuotaPermits): Promise<Permit> => permits.take(askOf(APP, LANE), never)
const take = (permits: QuotaPermits): Promise<Permit> => comeAgain(() => takeOnce(permits))
const faultOf = (taken: Promise<Permit>): Promise<WaitFault> =>
  taken.then(
    () => Promise.reject(new Error('a permit was given')),
    (fault: WaitFault) => fault,
  )
const waitOf = (permits: QuotaPermits): Promise<WaitFault> => faultOf(takeOnce(permits))
/** What is more than a wait for the next slot. */
const refusalOf = (permits: QuotaPermits): Promise<WaitFault> => faultOf(take(permits))

/** Comes again as often as it is told to, as a job does. */
async function takeInTheEnd(permits: QuotaPermits): Promise<Permit> {
  for (;;) {
    try {
      return await take(permits)
    } catch (fault) {
      await realClock.sleep(Math.min(200, (fault as WaitFault).afterMs))
    }
  }
}

/** So many takers, who come again at once, until the test has seen enough. */
async function drain(
  permits: QuotaPermits,
  takers: number,
  writes: number[],
  until: () => boolean,
): Promise<void> {
  await Promise.all(
    Array.from({ length: takers }, async () => {
      while (!until()) {
        const permit = await takeInTheEnd(permits)
        const nowMs = performance.now()
        if (nowMs <= permit.notAfterMs) writes.push(nowMs)
      }
    }),
  )
}

/** The arithmetic of spacing.ts for a shorter window: what a ceiling over a minute says of a few seconds. */
const ceilingOf = (limit: number, windowMs: number): number =>
  Math.floor(((windowMs + LATE_MS + CLOCK_ALLOWANCE_MS) * 1_000) / spacingUs(limit)) + 1

function expectCeiling(writes: readonly number[], limit: number): void {
  for (const windowMs of [1, 100, 500, 1_000, 2_000]) {
    expect(mostInWindow(writes, windowMs)).toBeLessThanOrEqual(ceilingOf(limit, windowMs))
  }
}

describe('permits of several processes', () => {
  it('stay below the ceiling together, and every permit given is counted once', async () => {
    let counted = 0
    const observer: PermitsObserver = { granted: (_app, _lane, n) => (counted += n) }
    const all = [start({ observer }), start({ observer }), start({ observer })]
    const writes: number[] = []
    const until = () => writes.length >= 90
    await Promise.all(all.map(({ permits }) => drain(permits, 30, writes, until)))
    expectCeiling(writes, 3_000)
    expect(counted).toBeGreaterThanOrEqual(writes.length)
  })

  it('stay below the ceiling when takers leave all the time', async () => {
    const all = [start(), start()]
    const writes: number[] = []
    const leaving = async (permits: QuotaPermits) => {
      while (writes.length < 40) {
        const gone = new AbortController()
        const taken = permits.take(askOf(APP, LANE), gone.signal).then(
          ({ notAfterMs }) => {
            const nowMs = performance.now()
            if (nowMs <= notAfterMs) writes.push(nowMs)
          },
          () => {},
        )
        await realClock.sleep(15)
        gone.abort(new Error('gone'))
        await taken
      }
    }
    await Promise.all(all.flatMap(({ permits }) => Array.from({ length: 8 }, () => leaving(permits))))
    expectCeiling(writes, 3_000)
  })

  it('are leased for 80 ms at most: no more of the quota dies with a process', async () => {
    let granted = 0
    const { permits } = start({ observer: { granted: (_app, _lane, n) => (granted += n) } })
    const writes: number[] = []
    const working = drain(permits, 40, writes, () => writes.length >= 60)
    while (writes.length < 60) {
      const { usedToday } = await permits.usage(APP, LANE)
      // 4 slots are 80 ms at 3,000 a minute, and the next lease comes when half of one is left.
      expect(usedToday - granted).toBeLessThanOrEqual(4 + 2)
    }
    await working
  })

  it('keep lanes and apps apart', async () => {
    const { permits } = start({ limit: 1, ...CALM })
    await take(permits)
    await permits.take(askOf(APP, 'limited'), never)
    await permits.take(askOf('wx0123456789abcde0' as AppId, LANE), never)
    expect(await waitOf(permits)).toMatchObject({ code: 'permits_wait' })
  })

  it('give one call a minute at limit 1 and say when to come again', async () => {
    const { permits } = start({ limit: 1, ...CALM })
    await take(permits)
    const { afterMs } = await waitOf(permits)
    expect(afterMs).toBeGreaterThan(WINDOW_MS)
    expect(afterMs).toBeLessThanOrEqual(spacingUs(1, CALM.lateMs) / 1_000)
  })

  it('give permits that say until when a call may be written', async () => {
    const { notAfterMs } = await takeInTheEnd(start().permits)
    expect(notAfterMs - performance.now()).toBeLessThanOrEqual(LATE_MS)
    const calm = await take(start(CALM).permits)
    const leftMs = calm.notAfterMs - performance.now()
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(CALM.lateMs)
  })

  it('end with their owner: who waits is sent back', async () => {
    const { permits } = start({ limit: 1, ...CALM })
    await take(permits)
    const waiting = waitOf(permits)
    permits.close()
    expect((await waiting).kind).toBe('wait')
    expect((await refusalOf(permits)).code).toBe('permits_closed')
  })
})

describe('a lane that Redis knows nothing of', () => {
  it('starts at once when it was never called, and is marked in the ledger', async () => {
    await take(start(CALM).permits)
    expect([...records.files.keys()]).toEqual([calledKey(APP, LANE)])
  })

  it('is held for a whole window when it was called before, in all processes', async () => {
    records.files.set(calledKey(APP, LANE), new Uint8Array())
    const askedMs = performance.now()
    const first = await refusalOf(start().permits)
    expect(first.code).toBe('held_minute_quota')
    expect(first.afterMs + performance.now() - askedMs).toBeGreaterThan(WINDOW_MS)
    expect((await refusalOf(start().permits)).code).toBe('held_minute_quota')
    expect(Number(await start().redis.hget(keyOf(), 'hold_for'))).toBe(WINDOW_MS * 1_000)
  })

  it('is held when its state is deleted in the middle of work', async () => {
    const { permits, redis } = start()
    const writes: number[] = []
    await drain(permits, 5, writes, () => writes.length >= 10)
    expect(await redis.del(keyOf())).toBe(1)
    for (let i = 0; i < 3; i++) expect((await refusalOf(permits)).code).toBe('held_minute_quota')
  })

  it('starts once when many processes find it at the same time', async () => {
    const all = [start(), start(), start()]
    const writes: number[] = []
    await Promise.all(all.map(({ permits }) => drain(permits, 3, writes, () => writes.length >= 12)))
    expectCeiling(writes, 3_000)
    expect(await all[0]?.permits.readHolds(APP)).toEqual([])
  })

  it('gives nothing while the ledger can not tell, at no cost for the scene', async () => {
    records.fail(new RetryFault('store_unavailable', 'away'))
    const { permits } = start()
    expect(await refusalOf(permits)).toMatchObject({ kind: 'wait', code: 'ledger_unavailable' })
    records.fail(null)
    await takeInTheEnd(permits)
  })
})

const OF_LANE = { scope: 'lane', app: APP, lane: LANE } as const
const OF_APP = { scope: 'app', app: APP } as const

describe('a hold', () => {
  it('stops every process of a lane, is read with its reason, message and end, and ends when lifted', async () => {
    const [one, two] = [start(CALM), start(CALM)]
    await take(one.permits)
    await take(two.permits)
    const fromMs = Date.now()
    await one.permits.hold(OF_LANE, { reason: 'day_quota', forMs: 90_000, message: 'all used' })
    for (const { permits } of [one, two]) expect((await refusalOf(permits)).code).toBe('held_day_quota')
    const [hold, ...others] = await two.permits.readHolds(APP)
    expect(others).toEqual([])
    expect(hold).toMatchObject({ target: OF_LANE, reason: 'day_quota', message: 'all used' })
    const heldFromMs = (hold?.untilMs ?? 0) - 90_000
    expect(heldFromMs).toBeGreaterThan(fromMs - 5_000)
    expect(heldFromMs).toBeLessThan(Date.now() + 5_000)
    await one.permits.lift(OF_LANE)
    await take(one.permits)
    await takeInTheEnd(two.permits)
  })

  it('of an app is one, stops all its lanes, and stands beside those of its lanes', async () => {
    const { permits } = start(CALM)
    await permits.hold(OF_APP, { reason: 'app_held', forMs: 50_000, message: null })
    await permits.hold(OF_LANE, { reason: 'token', forMs: 20_000, message: null })
    for (const lane of ['unlimited', 'limited'] as const) {
      const refused = await permits.take(askOf(APP, lane), never).catch((fault: unknown) => fault)
      expect(refused).toMatchObject({ code: 'held_app_held' })
    }
    expect((await permits.readHolds(APP)).map(({ target }) => target)).toEqual([OF_APP, OF_LANE])
    await permits.lift(OF_APP)
    expect((await permits.readHolds(APP)).map(({ target }) => target)).toEqual([OF_LANE])
    await permits.take(askOf(APP, 'limited'), never)
  })

  it('refuses at once those who wait for a slot they were promised', async () => {
    // Nobody rings when a slot is due. The first lease is of one slot, the next of two: the second of them is waited for.
    const sleep: Clock['sleep'] = (_ms, signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const { permits } = start({ limit: 300, clock: { ...realClock, sleep }, ...CALM })
    const codeOf = (taken: Promise<Permit>) =>
      taken.then(
        () => 'given',
        (fault: WaitFault) => fault.code,
      )
    const waiting = [1, 2, 3].map(() => codeOf(take(permits)))
    await expect.poll(async () => (await permits.usage(APP, LANE)).usedToday).toBe(3)
    await permits.hold(OF_LANE, { reason: 'minute_quota', forMs: 20_000, message: null })
    const [first, ...promised] = await Promise.all(waiting)
    expect(first).toBe('given')
    expect(promised.at(-1)).toBe('held_minute_quota')
  })

  it.each([OF_APP, OF_LANE])('of a $scope outlives Redis when it is longer than a window', async (target) => {
    const { permits, redis } = start(CALM)
    await take(permits)
    await permits.hold(target, { reason: 'token', forMs: 3_600_000, message: 'see to it' })
    await redis.del(keyOf(), appKeys(namespace, APP).appHold)
    const other = start().permits
    expect((await refusalOf(other)).code).toBe('held_token')
    expect(await other.readHolds(APP)).toContainEqual(
      expect.objectContaining({ target, message: 'see to it' }),
    )
    await permits.lift(target)
    expect([...records.files.keys()].filter((key) => key.includes('/holds/'))).toEqual([])
  })

  it('stands even when the ledger is away', async () => {
    const unrecorded: unknown[] = []
    const { permits } = start({
      ...CALM,
      observer: { unrecorded: (_app, _lane, fault) => unrecorded.push(fault) },
    })
    await take(permits)
    records.fail(new RetryFault('store_unavailable', 'away'))
    await permits.hold(OF_LANE, { reason: 'storage', forMs: 120_000, message: null })
    expect((await refusalOf(permits)).code).toBe('held_storage')
    expect(unrecorded).toHaveLength(1)
  })
})

describe('Redis', () => {
  it('gives no permit while it is away, and behind all forgotten slots when it is back with its data', async () => {
    const server = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] })
    try {
      const all = [start({ url: server.url }), start({ url: server.url })]
      const writes: number[] = []
      const rounds = async (until: () => boolean) => {
        await Promise.all(all.map(({ permits }) => drain(permits, 20, writes, until)))
      }
      await rounds(() => writes.length >= 40)
      await server.kill()
      const whileAway = await Promise.allSettled(all.flatMap(({ permits }) => [take(permits), take(permits)]))
      expect(whileAway.map((end) => end.status)).not.toContain('fulfilled')
      await server.restart()
      const backMs = performance.now()
      const before = writes.length
      await rounds(() => writes.length >= before + 20)
      expect(Math.min(...writes.slice(before)) - backMs).toBeGreaterThan(MOST_AHEAD_MS - 100)
      expectCeiling(writes, 3_000)
    } finally {
      await server.stop()
    }
  })
})
