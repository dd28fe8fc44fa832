import { randomUUID } from 'node:crypto'
import { connectRedis, readScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'token-scripts-test' })
afterAll(() => redis.quit())

let token: string
let flight: string
beforeEach(() => {
  const tag = `{${randomUUID()}}`
  token = `test:${tag}:token`
  flight = `test:${tag}:token-flight`
})

const run = (name: string, keys: string[], ...args: (string | number)[]) =>
  redis.eval(readScript(name, import.meta.url).source, keys.length, ...keys, ...args)
const claim = (id: string, unreadable = '') => run('claim-token', [token, flight], id, 5_000, unreadable)
const store = (
  id: string,
  sealed = 'sealed',
  fingerprint = 'f1',
  [life, usable, renew] = [9_000, 8_000, 7_000],
) =>
  run(
    'store-token',
    [token, flight],
    id,
    sealed,
    fingerprint,
    life ?? 0,
    usable ?? 0,
    renew ?? 0,
    2_000,
    60_000,
  )
const fail = (id: string, pauseMs = 3_000) => run('fail-token', [token, flight], id, 'why', pauseMs, 60_000)
const drop = (fingerprint: string) => run('drop-token', [token], fingerprint)

describe('claim-token', () => {
  it('gives the flight to one', async () => {
    expect(await claim('a')).toEqual(['yours', '', 0])
    expect(await claim('b')).toEqual(['busy', expect.any(Number)])
    expect(await redis.pttl(flight)).toBeGreaterThan(4_000)
  })

  it('gives the token that stands, and how long it is usable', async () => {
    await claim('a')
    await store('a')
    const [kind, sealed, usableMs] = (await claim('b')) as [string, string, number]
    expect([kind, sealed]).toEqual(['token', 'sealed'])
    expect(usableMs).toBeGreaterThan(7_000)
    expect(usableMs).toBeLessThanOrEqual(8_000)
    expect(await redis.exists(flight)).toBe(0)
  })

  it('gives the flight and the old token when it is time to renew, and the old one to the rest', async () => {
    await claim('a')
    await store('a', 'sealed', 'f1', [9_000, 8_000, 0])
    expect(await claim('b')).toMatchObject(['token', 'sealed', expect.any(Number)])
    await redis.hdel(token, 'retryAt')
    expect(await claim('b')).toMatchObject(['yours', 'sealed', expect.any(Number)])
    expect(await claim('c')).toMatchObject(['token', 'sealed', expect.any(Number)])
  })

  it('takes a token that is used up, or unreadable to the caller, for none', async () => {
    await claim('a')
    await store('a', 'sealed', 'f1', [9_000, 0, 0])
    expect(await claim('b')).toMatchObject(['wait', expect.any(Number)])
    await claim('a')
    await redis.hset(token, { usableUntil: 9e15, renewAt: 9e15, retryAt: 0 })
    expect(await claim('b', 'sealed')).toEqual(['yours', '', 0])
  })
})

describe('store-token', () => {
  it('changes nothing for one whose flight is over', async () => {
    await claim('a')
    await redis.del(flight)
    await claim('b')
    expect(await store('a', 'older')).toBe(0)
    expect(await redis.exists(token)).toBe(0)
    expect(await redis.get(flight)).toBe('b')
    expect(await store('b', 'newer')).toBe(1)
  })

  it('keeps its times by the clock of Redis, and an end for the key', async () => {
    const [seconds, micros] = await redis.time()
    const nowMs = Number(seconds) * 1_000 + Number(micros) / 1_000
    await claim('a')
    await store('a')
    const fields = await redis.hgetall(token)
    const since = (name: string) => Number(fields[name]) - nowMs
    for (const [name, ms] of Object.entries({
      obtainedAt: 0,
      expiresAt: 9_000,
      usableUntil: 8_000,
      renewAt: 7_000,
    })) {
      expect(since(name)).toBeGreaterThan(ms - 2)
      expect(since(name)).toBeLessThan(ms + 1_000)
    }
    expect(await redis.pttl(token)).toBeGreaterThan(50_000)
  })
})

describe('fail-token', () => {
  it('tells everybody until its time is over', async () => {
    await claim('a')
    expect(await fail('a')).toBe(1)
    expect(await claim('b')).toEqual(['failed', 'why', expect.any(Number)])
    await redis.hset(token, { retryAt: 0 })
    expect(await claim('b')).toEqual(['yours', '', 0])
  })

  it('changes nothing for one whose flight is over', async () => {
    await claim('b')
    expect(await fail('a')).toBe(0)
    expect(await redis.exists(token)).toBe(0)
    expect(await redis.get(flight)).toBe('b')
  })

  it('lets a token that stands stay, and is forgotten by the next', async () => {
    await claim('a')
    await store('a')
    await redis.set(flight, 'b')
    await fail('b')
    expect(await claim('c')).toMatchObject(['token', 'sealed', expect.any(Number)])
    await redis.set(flight, 'd')
    await store('d')
    expect(await redis.hexists(token, 'failure')).toBe(0)
  })
})

describe('drop-token', () => {
  it('drops the token that failed, and no other', async () => {
    await claim('a')
    await store('a')
    expect(await drop('f2')).toBe(0)
    expect(await claim('b')).toMatchObject(['token', 'sealed', expect.any(Number)])
    expect(await drop('f1')).toBe(1)
    expect(await drop('f1')).toBe(0)
    expect(await redis.hexists(token, 'sealed')).toBe(0)
  })

  it('makes no refresh come sooner than it may', async () => {
    await claim('a')
    await store('a')
    await drop('f1')
    expect(await claim('b')).toEqual(['wait', expect.any(Number)])
  })
})
