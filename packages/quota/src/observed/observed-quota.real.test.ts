import { randomUUID } from 'node:crypto'
import { type AppId, RetryFault, type UpstreamEndpoint, WaitFault } from '@sunpress/core'
import { appKeys, connectRedis, readScript, runScript } from '@sunpress/redis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.js'
import { createMemoryRecords, type MemoryRecords } from '../testing/memory-records.js'
import { wholeDay } from '../testing/whole-day.js'
import type { ReadQuotaAnswer } from './ask-quota.js'
import { observedFile } from './observed-ledger.js'
import { createObservedQuota } from './observed-quota.js'

const APP = 'wx0123456789abcdef' as AppId
const never = new AbortController().signal
const MINUTE_MS = 60_000

let namespace = ''
let records: MemoryRecords
let clock: FakeClock
let asked: UpstreamEndpoint[] = []
let answer: () => Promise<ReadQuotaAnswer>
let ends: (() => void)[] = []

beforeEach(wholeDay)
beforeEach(() => {
  namespace = `test-${randomUUID()}`
  records = createMemoryRecords()
  clock = createFakeClock(Date.now())
  asked = []
  answer = async () => quotaOf(3_000)
})
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

const quotaOf = (perMinute: number): ReadQuotaAnswer => ({
  kind: 'quota',
  quota: {
    daily: { limit: 1_000_000, used: 2_000, remain: 998_000 },
    rate: { calls: perMinute, perSeconds: 60 },
  },
})

function start() {
  const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'observed-test' })
  ends.push(() => redis.disconnect())
  const failed: unknown[] = []
  const observed = createObservedQuota({
    redis,
    namespace,
    clock,
    records,
    readQuota: (_app, endpoint) => {
      asked.push(endpoint)
      return answer()
    },
    oursOf: async () => 1_000,
    observer: { failed: (_app, _endpoint, fault) => failed.push(fault) },
  })
  /** What Redis's clock would do meanwhile. */
  const makeDue = async () => {
    const key = appKeys(namespace, APP).observedQuota
    const names = (await redis.hkeys(key)).filter((name) => name.startsWith('due:'))
    for (const name of names) await redis.hset(key, name, Date.now() - 1)
    await clock.advance(MINUTE_MS)
  }
  return { observed, redis, failed, makeDue, key: appKeys(namespace, APP).observedQuota }
}

describe('observed quotas', () => {
  it('are asked for once by any number of processes, and known to all', async () => {
    const all = [start(), start(), start()]
    await Promise.all(all.map(({ observed }) => observed.turn(APP, never)))
    expect([...asked].sort()).toEqual(['createwxaqrcode', 'getwxacode', 'getwxacodeunlimit'])
    for (const { observed } of all) {
      const limits = () => observed.limitsOf(APP, 'unlimited')
      await expect.poll(limits).toEqual({ perMinute: 3_000, perDay: 1_000_000, remain: 998_000 })
      expect(observed.othersUse(APP, 'getwxacodeunlimit')).toBe(980)
    }
  })

  it('are not asked for again before they are due, half an hour later', async () => {
    const { observed, redis, key, makeDue } = start()
    await observed.turn(APP, never)
    const inMs = Number(await redis.hget(key, 'due:getwxacodeunlimit')) - Date.now()
    expect(Math.abs(inMs - 30 * MINUTE_MS)).toBeLessThan(MINUTE_MS)
    await clock.advance(MINUTE_MS)
    await observed.turn(APP, never)
    expect(asked).toHaveLength(3)
    await makeDue()
    await observed.turn(APP, never)
    expect(asked).toHaveLength(6)
  })

  it('are asked for soon after a suspicion, yet not at once after WeChat told', async () => {
    const { observed, redis, key } = start()
    await observed.turn(APP, never)
    await observed.suspect(APP, 'unlimited')
    const inMs = Number(await redis.hget(key, 'due:getwxacodeunlimit')) - Date.now()
    expect(inMs).toBeGreaterThan(MINUTE_MS)
    expect(inMs).toBeLessThanOrEqual(2 * MINUTE_MS)
    await redis.hset(key, 'at:getwxacodeunlimit', Date.now() - 3 * MINUTE_MS)
    await observed.suspect(APP, 'unlimited')
    await observed.turn(APP, never)
    expect(asked).toEqual(['getwxacodeunlimit', 'getwxacode', 'createwxaqrcode', 'getwxacodeunlimit'])
  })

  it('are asked for at most 56 times a day, and 62 with suspicions, over a loss of Redis too', async () => {
    const { observed, redis, key, makeDue } = start()
    for (let n = 0; n < 25; n++) {
      await observed.turn(APP, never)
      if (n === 10) await redis.del(key)
      await makeDue()
    }
    expect(asked).toHaveLength(56)
    for (let n = 0; n < 10; n++) {
      await redis.hset(key, 'at:getwxacodeunlimit', 0, 'due:getwxacodeunlimit', 0)
      await observed.suspect(APP, 'unlimited')
      await observed.turn(APP, never)
      await clock.advance(MINUTE_MS)
    }
    expect(asked).toHaveLength(62)
  })

  it('are left alone until the next day after 44993', async () => {
    const { observed, redis, key, makeDue } = start()
    answer = async () => ({ kind: 'left', until: 'next_day' })
    await observed.turn(APP, never)
    await makeDue()
    await observed.turn(APP, never)
    await observed.suspect(APP, 'unlimited')
    await makeDue()
    await observed.turn(APP, never)
    expect(asked).toHaveLength(1)
    expect(Number(await redis.hget(key, 'not_before'))).toBeGreaterThan(Date.now())
  })

  it('are tried again in minutes when WeChat could not be asked, and what was known stands', async () => {
    const { observed, redis, key, failed, makeDue } = start()
    await observed.turn(APP, never)
    answer = () => Promise.reject(new RetryFault('upstream_timeout', 'slow'))
    await makeDue()
    await observed.turn(APP, never)
    expect(failed).toHaveLength(3)
    const inMs = Number(await redis.hget(key, 'due:getwxacode')) - Date.now()
    expect(inMs).toBeLessThanOrEqual(10 * MINUTE_MS)
    expect(observed.limitsOf(APP, 'unlimited').perMinute).toBe(3_000)
  })

  it('count no question that never came to WeChat', async () => {
    const { observed, redis, key, makeDue } = start()
    answer = () => Promise.reject(new WaitFault('token_unavailable', 'no token', 1_000))
    for (let n = 0; n < 25; n++) {
      await observed.turn(APP, never)
      await makeDue()
    }
    expect(asked).toHaveLength(75)
    expect(await redis.hget(key, 'asked')).toBe('0')
  })

  it('are known again from the ledger when Redis has lost them', async () => {
    const { redis, key, observed } = start()
    await observed.turn(APP, never)
    expect(records.files.has(observedFile(APP))).toBe(true)
    await redis.del(key)
    const other = start()
    await other.observed.turn(APP, never)
    expect(asked).toHaveLength(3)
    await expect.poll(() => other.observed.limitsOf(APP, 'limited').perDay).toBe(1_000_000)
  })

  it('stand as they were known last when Redis has lost them', async () => {
    const { observed, redis, key } = start()
    await observed.turn(APP, never)
    records.files.clear()
    await redis.del(key)
    await clock.advance(10_000)
    observed.limitsOf(APP, 'unlimited')
    await expect.poll(() => redis.hget(key, 'loaded')).toMatch(/^[0-9a-f]{40}$/)
    expect(observed.limitsOf(APP, 'unlimited').perDay).toBe(1_000_000)
  })

  it('are known to a new process before its first call, from the ledger where Redis has lost them', async () => {
    const { observed, redis, key } = start()
    await observed.turn(APP, never)
    await redis.del(key)
    const other = start()
    expect(other.observed.limitsOf(APP, 'unlimited').perDay).toBeNull()
    await other.observed.known(APP)
    expect(other.observed.limitsOf(APP, 'unlimited').perDay).toBe(1_000_000)
  })

  it('are waited for by a new process while Redis or the ledger is away', async () => {
    const { observed, redis } = start()
    records.fail(new WaitFault('ledger_unavailable', 'away', 1_000))
    await expect(observed.known(APP)).rejects.toMatchObject({ kind: 'wait', code: 'ledger_unavailable' })
    records.fail(null)
    redis.disconnect()
    await expect(observed.known(APP)).rejects.toMatchObject({ kind: 'wait', code: 'redis_unavailable' })
  })

  it('are left alone after 44993, and told as they were last, when Redis comes back older than it was', async () => {
    const { observed, redis, key } = start()
    await observed.turn(APP, never)
    const old = { ...(await redis.hgetall(key)), loaded: 'another run' }
    answer = async () => quotaOf(2_000)
    await redis.hset(key, 'due:getwxacodeunlimit', 0)
    await clock.advance(MINUTE_MS)
    await observed.turn(APP, never)
    answer = async () => ({ kind: 'left', until: 'next_day' })
    await redis.hset(key, 'due:getwxacode', 0)
    await clock.advance(MINUTE_MS)
    await observed.turn(APP, never)
    const rest = await redis.hget(key, 'not_before')
    await redis.del(key)
    await redis.hset(key, { ...old, 'due:getwxacode': 0 })
    const other = start()
    await other.observed.turn(APP, never)
    expect(asked).toHaveLength(5)
    expect(await redis.hmget(key, 'not_before', 'asked')).toEqual([rest, '5'])
    await other.observed.known(APP)
    expect(other.observed.limitsOf(APP, 'unlimited').perMinute).toBe(2_000)
  })

  it('are in the ledger whole when Redis loses them while WeChat is asked', async () => {
    const { observed, redis, key } = start()
    await observed.turn(APP, never)
    answer = async () => {
      await redis.del(key)
      return { kind: 'left', until: 'next_day' }
    }
    await redis.hset(key, 'due:getwxacode', 0)
    await clock.advance(MINUTE_MS)
    await observed.turn(APP, never)
    expect(asked).toHaveLength(4)
    const text = new TextDecoder().decode(records.files.get(observedFile(APP)))
    expect(JSON.parse(text)).toMatchObject({ fields: { asked: '3', 'told:getwxacode': expect.any(String) } })
  })

  it('stop no call and throw nothing while Redis is away', async () => {
    const { observed, redis, failed } = start()
    await observed.turn(APP, never)
    redis.disconnect()
    await clock.advance(10_000)
    await observed.turn(APP, never)
    await observed.suspect(APP, 'unlimited')
    expect(observed.limitsOf(APP, 'unlimited').perMinute).toBe(3_000)
    expect(failed.length).toBeGreaterThan(0)
  })

  it('are asked for turn after turn until the end', async () => {
    const { observed, makeDue } = start()
    const ending = new AbortController()
    const running = observed.run(() => [APP], ending.signal)
    await expect.poll(() => asked.length).toBe(3)
    // Again and again: the last answer of a turn makes its own question due later, and the turn sleeps after that.
    const turnOn = async () => {
      await makeDue()
      return asked.length
    }
    await expect.poll(turnOn).toBeGreaterThanOrEqual(6)
    ending.abort()
    await running
  })
})

describe('claim-quota-read.lua', () => {
  it('gives the claim of a process that died to the next when it ends', async () => {
    const { redis, key } = start()
    const run = (name: string, ...args: (string | number)[]) =>
      runScript(redis, readScript(name, new URL('..', import.meta.url).href), [key], args)
    expect(await run('claim-quota-read', 'getwxacode', 30, 56, 62)).toEqual(['missing'])
    expect(await run('load-quota-read')).toBe(1)
    const claim = () => run('claim-quota-read', 'getwxacode', 200, 56, 62)
    // In one go, so that the first claim stands when the second is asked for.
    expect(await Promise.all([claim(), claim()])).toEqual([
      ['claimed', expect.any(Number), 1],
      ['wait', expect.any(Number)],
    ])
    await expect.poll(claim).toEqual(['claimed', expect.any(Number), 2])
    expect(await run('settle-quota-read', 'getwxacode', '{}', 60_000, 0)).toEqual(expect.any(Number))
    expect(await run('want-quota-read', 'getwxacode', 10)).toBeLessThanOrEqual(10)
  })
})
