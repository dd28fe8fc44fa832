import { randomUUID } from 'node:crypto'
import {
  type AppId,
  type CampaignId,
  DEFAULT_LOOK,
  isFault,
  type Look,
  laneOf,
  type PermitAsk,
  RefuseFault,
  upstreamOf,
} from '@sunpress/core'
import { appKeys, connectRedis, type Redis } from '@sunpress/redis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { startRedis } from '../../../../test/services/redis.mjs'
import type { CallGate } from '../call-gate.js'
import { createCallGate } from '../gate/create-call-gate.js'
import { createMemoryRecords, type MemoryRecords } from '../testing/memory-records.js'
import { patientClock, realClock } from '../testing/real-clock.js'
import { createLifetime, type Lifetime } from './lifetime.js'
import { parameterSet } from './parameter-set.js'
import { withinGuard } from './plan-lifetime.js'
import { markFolder } from './tally-ledger.js'

const APP = 'wx0123456789abcdef' as AppId
const CAMPAIGN = '01JABCDEFGHJKMNPQRSTVWXYZ0' as CampaignId
const never = new AbortController().signal

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
  readonly gate: CallGate
  readonly lifetime: Lifetime
  readonly redis: Redis
  readonly unrecorded: unknown[]
}

function start(options: { codes?: number; share?: number; url?: string } = {}): Started {
  const { codes = 100_000, share = 1 } = options
  const redis = connectRedis({
    url: options.url ?? inject('redisUrl'),
    purpose: 'command',
    name: 'lifetime-test',
  })
  ends.push(() => redis.disconnect())
  const unrecorded: unknown[] = []
  const terms = { redis, namespace, clock: patientClock, records }
  const lifetime = createLifetime({
    ...terms,
    limitOf: () => ({ codes, share }),
    observer: { unrecorded: (_app, fault) => unrecorded.push(fault) },
  })
  return { gate: createCallGate({ ...terms, counted: lifetime.counted }), lifetime, redis, unrecorded }
}

function ask(scene: string, look: Partial<Look> = { endpoint: 'limited' }): PermitAsk {
  const whole: Look = { ...DEFAULT_LOOK, ...look }
  return {
    app: APP,
    lane: laneOf(whole.endpoint),
    campaign: CAMPAIGN,
    call: { app: APP, endpoint: upstreamOf(whole.endpoint), scene, look: whole },
  }
}

async function print({ gate }: Started, asking: PermitAsk): Promise<void> {
  const pass = await gate.enter(asking, never)
  await gate.answered(asking, pass, 'passed')
}

/** Comes again as often as it is told to, as a job does; gives the code of its refusal. */
async function printInTheEnd(started: Started, asking: PermitAsk): Promise<'passed' | string> {
  for (;;) {
    try {
      await print(started, asking)
      return 'passed'
    } catch (fault) {
      if (!isFault(fault) || fault.kind !== 'wait') return isFault(fault) ? fault.code : 'unexpected'
      await realClock.sleep(20)
    }
  }
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'passed',
    (fault: RefuseFault) => fault.code,
  )
const full = new RefuseFault('lifetime_quota', 'WeChat answered 45029: qrcode count out of limit', {
  errcode: 45029,
  errmsg: 'qrcode count out of limit',
  rid: null,
})
const marks = () => [...records.files.keys()].filter((key) => key.startsWith(markFolder(APP, 'codes'))).length

describe('the codes of a lifetime', () => {
  it('are counted exactly: a thousand sets at once in three processes, each of them asked for twice', async () => {
    const all = [start(), start(), start()]
    const paths = Array.from({ length: 1_000 }, (_, n) => `pages/shop?id=${n}`)
    const printed = [...paths, ...paths].map((path, n) => {
      const started = all[n % all.length]
      return started === undefined ? Promise.reject(new Error('none')) : printInTheEnd(started, ask(path))
    })
    expect(new Set(await Promise.all(printed))).toEqual(new Set(['passed']))
    expect(await all[0]?.lifetime.read(APP)).toMatchObject({ used: 1_000, ours: 1_000, limit: 100_000 })
    expect(marks()).toBe(1_000)
  })

  it('stay at the limit with many calls in flight: new ones are refused without a call, known ones go on', async () => {
    const all = [start({ codes: 20, share: 0.5 }), start({ codes: 20, share: 0.5 })]
    const ends = await Promise.all(
      Array.from({ length: 40 }, (_, n) => printInTheEnd(all[n % 2] ?? start(), ask(`p?id=${n}`))),
    )
    expect(ends.filter((end) => end === 'passed')).toHaveLength(10)
    expect(ends.filter((end) => end === 'lifetime_quota')).toHaveLength(30)
    const known = ends.indexOf('passed')
    expect(await codeOf(print(start({ codes: 20, share: 0.5 }), ask(`p?id=${known}`)))).toBe('passed')
    const { used, limit, refusedFrom } = (await all[0]?.lifetime.read(APP)) ?? {}
    expect({ used, limit, refusedFrom }).toEqual({ used: 10, limit: 20, refusedFrom: 10 })
  })

  it('are not used by calls that gave no picture', async () => {
    const one = start({ codes: 1 })
    const [first, second] = [ask('p?id=1'), ask('p?id=2')]
    const pass = await one.gate.enter(first, never)
    expect(await codeOf(one.gate.enter(second, never))).toBe('lifetime_busy')
    await one.gate.answered(first, pass, 'unused')
    expect(await codeOf(print(one, second))).toBe('passed')
    expect(await codeOf(one.gate.enter(first, never))).toBe('lifetime_quota')
  })

  it('are another set with another width, and none with another ref, epoch or lane', async () => {
    const one = start()
    await print(one, ask('p?id=1'))
    await print(one, ask('p?id=1', { endpoint: 'limited', epoch: 7 }))
    await print(one, ask('p?id=1', { endpoint: 'limited', width: 280 }))
    await print(one, ask('p?id=1', { endpoint: 'qrcode' }))
    await print(one, ask('s=1', { page: 'pages/shop' }))
    expect((await one.lifetime.read(APP)).used).toBe(3)
  })

  it('are known again after FLUSHALL, in all processes', async () => {
    const server = await startRedis()
    try {
      const [one, two] = [start({ url: server.url, codes: 30 }), start({ url: server.url, codes: 30 })]
      for (let n = 0; n < 30; n++) await print(one, ask(`p?id=${n}`))
      await one.redis.flushall()
      expect(await codeOf(print(two, ask('p?id=new')))).toBe('lifetime_quota')
      const three = start({ url: server.url, codes: 30 })
      expect(await codeOf(print(three, ask('p?id=3')))).toBe('passed')
      expect(await three.lifetime.read(APP)).toMatchObject({ used: 30, ours: 30 })
    } finally {
      await server.stop()
    }
  })

  it('are known again when their set alone is lost, and counted as they were', async () => {
    const [one, two] = [start({ codes: 30 }), start({ codes: 30 })]
    for (let n = 0; n < 20; n++) await print(one, ask(`p?id=${n}`))
    await one.redis.del(appKeys(namespace, APP).tallied('codes'))
    expect(await two.lifetime.read(APP)).toMatchObject({ used: 20, ours: 20 })
    await one.redis.del(appKeys(namespace, APP).tallied('codes'))
    for (let n = 20; n < 30; n++) await print(two, ask(`p?id=${n}`))
    expect(await codeOf(two.gate.enter(ask('p?id=new'), never))).toBe('lifetime_quota')
    expect(await one.lifetime.read(APP)).toMatchObject({ used: 30, ours: 30 })
  })

  it('are known again when Redis loses them while they are being read from the ledger', async () => {
    const server = await startRedis()
    try {
      const one = start({ url: server.url })
      for (let n = 0; n < 5; n++) await print(one, ask(`p?id=${n}`))
      await one.redis.flushall()
      const { list } = records
      let lists = 0
      const lossy = { ...records, list: (...args: Parameters<typeof list>) => flushed(list(...args)) }
      const flushed = async (page: ReturnType<typeof list>) => {
        const keys = await page
        if (lists++ === 0) await one.redis.flushall()
        return keys
      }
      const terms = { redis: one.redis, namespace, clock: patientClock, records: lossy }
      const again = createLifetime({ ...terms, limitOf: () => ({ codes: 100, share: 1 }) })
      expect((await again.read(APP)).used).toBe(5)
      expect(lists).toBeGreaterThan(1)
    } finally {
      await server.stop()
    }
  })

  it('are counted in Redis while the ledger is away, and marked with the next one', async () => {
    const one = start()
    await print(one, ask('p?id=1'))
    const asking = ask('p?id=2')
    const pass = await one.gate.enter(asking, never)
    records.fail(new Error('away'))
    expect(await one.gate.answered(asking, pass, 'passed')).toBeNull()
    expect(one.unrecorded).toHaveLength(1)
    expect((await one.lifetime.read(APP)).used).toBe(2)
    records.fail(null)
    await print(one, ask('p?id=3'))
    expect(marks()).toBe(3)
  })
})

describe('45029', () => {
  it('refuses its scene and all new ones, in all processes and over a loss of Redis; known ones and the other lane go on', async () => {
    const server = await startRedis()
    try {
      const [one, two] = [start({ url: server.url }), start({ url: server.url })]
      await print(one, ask('p?id=1'))
      const asking = ask('p?id=2')
      expect(await one.gate.answered(asking, await one.gate.enter(asking, never), full)).toBe(full)
      const look = async () => {
        expect(await codeOf(two.gate.enter(ask('p?id=3'), never))).toBe('lifetime_quota')
        expect(await codeOf(print(two, ask('p?id=1')))).toBe('passed')
        expect(await codeOf(print(two, ask('s=1', { page: 'pages/shop' })))).toBe('passed')
        expect(await codeOf(print(two, ask('s=2', { page: 'pages/shop', checkPath: false })))).toBe('passed')
        expect((await two.lifetime.read(APP)).full).toMatchObject({ used: 1 })
      }
      await look()
      await two.redis.flushall()
      await look()
      await two.lifetime.reopen(APP)
      expect(await codeOf(print(one, ask('p?id=3')))).toBe('passed')
      await two.redis.flushall()
      expect((await two.lifetime.read(APP)).full).toBeNull()
    } finally {
      await server.stop()
    }
  })
})

describe('Num-Used', () => {
  it('raises what is known to be used when others use the app too, and what we count is added', async () => {
    const one = start({ codes: 100 })
    await print(one, ask('p?id=1'))
    one.lifetime.numUsed(APP, 97)
    await expect.poll(async () => (await one.lifetime.read(APP)).used).toBe(97)
    expect(await one.lifetime.read(APP)).toMatchObject({ ours: 1, disagreement: 96 })
    await print(one, ask('p?id=2'))
    await print(one, ask('p?id=3'))
    await print(one, ask('p?id=4'))
    expect((await one.lifetime.read(APP)).used).toBe(100)
    expect(await codeOf(print(one, ask('p?id=5')))).toBe('lifetime_quota')
  })

  it('does not count twice what is in flight when it comes, and a lower number that comes late changes nothing', async () => {
    const one = start()
    const asking = ask('p?id=1')
    const pass = await one.gate.enter(asking, never)
    one.lifetime.numUsed(APP, 1)
    await one.gate.answered(asking, pass, 'passed')
    expect(await one.lifetime.read(APP)).toMatchObject({ used: 1, disagreement: 0 })
    one.lifetime.numUsed(APP, 0)
    await print(one, ask('p?id=2'))
    expect((await one.lifetime.read(APP)).said).toMatchObject({ count: 1, ours: 1 })
  })
})

describe('pages that WeChat does not check', () => {
  it('are counted by their names in a count of their own', async () => {
    const one = start()
    for (const page of ['pages/a', 'pages/b', 'pages/a']) {
      for (const envVersion of ['trial', 'release'] as const) {
        await print(one, ask(`s=${page}`, { page, checkPath: false, envVersion }))
      }
    }
    await print(one, ask('s=3', { page: 'pages/c' }))
    expect(await one.lifetime.read(APP, 'pages')).toMatchObject({ used: 2, limit: 60_000 })
    expect((await one.lifetime.read(APP)).used).toBe(0)
  })

  it('are refused when WeChat takes no new ones; those that it knows go on', async () => {
    const one = start()
    const look = { page: 'pages/a', checkPath: false }
    await print(one, ask('s=1', look))
    const asking = ask('s=2', { page: 'pages/b', checkPath: false })
    const better = await one.gate.answered(asking, await one.gate.enter(asking, never), full)
    expect(better).toMatchObject({ kind: 'refuse', code: 'page_quota' })
    expect(await codeOf(one.gate.enter(asking, never))).toBe('page_quota')
    expect(await codeOf(print(start(), ask('s=3', look)))).toBe('passed')
    expect(await codeOf(print(one, ask('p?id=1')))).toBe('passed')
  })
})

describe('a plan', () => {
  const sets = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => parameterSet(ask(`p?id=${from + n}`).call))

  it('says what a campaign would add, known and repeated rows aside, and what the guard makes of it', async () => {
    const one = start({ codes: 2_000, share: 0.98 })
    for (let n = 0; n < 5; n++) await print(one, ask(`p?id=${n}`))
    const plan = await start({ codes: 2_000 }).lifetime.plan(APP, [...sets(0, 1_100), ...sets(1_000, 1_010)])
    expect(plan).toEqual({ known: 15, fresh: 1_095, usedAfter: 1_100, limit: 2_000, whole: true })
    expect(withinGuard(plan)).toBe(true)
    expect(withinGuard(plan, 0.5)).toBe(false)
  })

  it('ends when there is more than a whole lifetime of new sets', async () => {
    async function* endless() {
      for (let n = 0; ; n += 100) yield* sets(n, n + 100)
    }
    const plan = await start({ codes: 500 }).lifetime.plan(APP, endless())
    expect(plan).toMatchObject({ whole: false, known: 0 })
    expect(withinGuard(plan)).toBe(false)
  })
})
