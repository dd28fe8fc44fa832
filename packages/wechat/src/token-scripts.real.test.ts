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

/** All times are long beside a pause of the machine in the middle of a test. */
const FLIGHT_MS = 50_000
const PAUSE_MS = 30_000
const GAP_MS = 20_000
const MOST_GAP_MS = 600_000
const KEEP_MS = 600_000

const run = (name: string, keys: string[], ...args: (string | number)[]) =>
  redis.eval(readScript(name, import.meta.url).source, keys.length, ...keys, ...args) as Promise<
    (string | number)[] | number | null
  >
const claim = async (id: string, unreadable = '', host = 'here', mayForce = 0, mark = '') =>
  (await run('claim-token', [token, flight], id, FLIGHT_MS, unreadable, host, mayForce, mark)) as (
    | string
    | number
  )[]
const store = (
  id: string,
  sealed = 'sealed',
  fingerprint = 'f1',
  [life, usable, renew] = [90_000, 80_000, 70_000],
  mark = '',
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
    GAP_MS,
    KEEP_MS,
    mark,
  )
const fail = (id: string, pauseMs = PAUSE_MS, whose = '', mark = '') =>
  run('fail-token', [token, flight], id, 'why', pauseMs, KEEP_MS, whose, GAP_MS, mark)
const drop = (fingerprint: string) => run('drop-token', [token], fingerprint, MOST_GAP_MS)

describe('claim-token', () => {
  it('gives the flight to one', async () => {
    expect(await claim('a')).toEqual(['yours', '', 0, 0, 0])
    expect(await claim('b')).toEqual(['busy', expect.any(Number)])
    expect(await redis.pttl(flight)).toBeGreaterThan(FLIGHT_MS - 10_000)
  })

  it('gives the token that stands, and how long it is usable', async () => {
    await claim('a')
    await store('a')
    const [kind, sealed, usableMs] = (await claim('b')) as unknown as [string, string, number]
    expect([kind, sealed]).toEqual(['token', 'sealed'])
    expect(usableMs).toBeGreaterThan(70_000)
    expect(usableMs).toBeLessThanOrEqual(80_000)
    expect(await redis.exists(flight)).toBe(0)
  })

  it('gives the flight and the old token when it is time to renew, and the old one to the rest', async () => {
    await claim('a')
    await store('a', 'sealed', 'f1', [90_000, 80_000, 0])
    expect(await claim('b')).toMatchObject(['token', 'sealed', expect.any(Number)])
    await redis.hdel(token, 'retryAt')
    expect(await claim('b')).toEqual(['yours', 'sealed', expect.any(Number), 0, 0])
    expect(await claim('c')).toMatchObject(['token', 'sealed', expect.any(Number)])
  })

  it('takes a token that is used up, or unreadable to the caller, for none', async () => {
    await claim('a')
    await store('a', 'sealed', 'f1', [90_000, 0, 0])
    expect(await claim('b')).toMatchObject(['wait', expect.any(Number)])
    await claim('a')
    await redis.hset(token, { usableUntil: 9e15, renewAt: 9e15, retryAt: 0 })
    expect(await claim('b', 'sealed')).toEqual(['yours', '', 0, 0, 0])
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
    const redisMs = async () => {
      const [seconds, micros] = await redis.time()
      return Number(seconds) * 1_000 + Number(micros) / 1_000
    }
    await claim('a')
    const fromMs = await redisMs()
    await store('a')
    const toMs = await redisMs()
    const fields = await redis.hgetall(token)
    const times = { obtainedAt: 0, expiresAt: 90_000, usableUntil: 80_000, renewAt: 70_000 }
    for (const [name, ms] of Object.entries(times)) {
      const storedMs = Number(fields[name]) - ms
      expect(storedMs).toBeGreaterThanOrEqual(Math.floor(fromMs))
      expect(storedMs).toBeLessThanOrEqual(toMs)
    }
    expect(await redis.pttl(token)).toBeGreaterThan(KEEP_MS - 10_000)
  })
})

describe('fail-token', () => {
  it('tells everybody until its time is over', async () => {
    await claim('a')
    expect(await fail('a')).toEqual([0, 0])
    expect(await claim('b')).toEqual(['failed', 'why', expect.any(Number), expect.any(Number)])
    await redis.hset(token, { retryAt: 0 })
    expect(await claim('b')).toEqual(['yours', '', 0, 0, 0])
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

describe('an address that WeChat refuses', () => {
  it('is the affair of one host: others may ask after a moment', async () => {
    await claim('a', '', 'here')
    await fail('a', 80_000_000, 'here')
    expect(await claim('b', '', 'there')).toEqual(['wait', expect.any(Number)])
    await redis.hset(token, { retryAt: 0 })
    expect(await claim('b', '', 'here')).toEqual(['barred', 'why', expect.any(Number), 0])
    expect(await claim('c', '', 'there')).toEqual(['yours', '', 0, 0, 0])
    expect(await claim('b', '', 'here')).toEqual(['busy', expect.any(Number)])
    await store('c')
    expect(await claim('b', '', 'here')).toMatchObject(['token', 'sealed', expect.any(Number)])
  })

  it('may go on with a token that is to be renewed, and asks again when its time is over', async () => {
    await claim('a')
    await store('a', 'sealed', 'f1', [90_000, 80_000, 0])
    await redis.set(flight, 'b')
    await fail('b', 60_000, 'here')
    await redis.hset(token, { retryAt: 0 })
    expect(await claim('c', '', 'here')).toMatchObject(['token', 'sealed', expect.any(Number)])
    await redis.hset(token, { 'bar:here': '1000 why' })
    expect(await claim('c', '', 'here')).toEqual(['yours', 'sealed', expect.any(Number), 0, 0])
  })
})

describe('failures in a row', () => {
  const nowMs = async () => Number((await redis.time())[0]) * 1_000
  const failAgain = async (): Promise<number> => {
    await redis.set(flight, 'x')
    return ((await fail('x')) as number[])[0] ?? -1
  }

  it('tell for how long there has been no token', async () => {
    expect(await failAgain()).toBe(0)
    await redis.hset(token, { failingSince: (await nowMs()) - 40_000 })
    expect(await failAgain()).toBeGreaterThan(39_000)
    expect(Number((await claim('b'))[3])).toBeGreaterThan(39_000)
  })

  it('begin anew with a token, while one stands, and after a minute of silence', async () => {
    await failAgain()
    await redis.hset(token, { failingSince: 1_000, retryAt: (await nowMs()) - 61_000 })
    expect(await failAgain()).toBeLessThan(5_000)
    await redis.hset(token, { failingSince: 1_000 })
    await redis.set(flight, 'x')
    await store('x')
    expect(await redis.hexists(token, 'failingSince')).toBe(0)
    expect(await failAgain()).toBe(0)
    expect(await redis.hexists(token, 'failingSince')).toBe(0)
  })
})

describe('a credential that WeChat refuses', () => {
  const nowMs = async () => Number((await redis.time())[0]) * 1_000
  const bar = async (mark: string) => {
    await redis.set(flight, 'x')
    const standing = (await fail('x', 60_000, `credential:${mark}`, mark)) as number[]
    await redis.hset(token, { retryAt: 0 })
    return standing[1]
  }
  const stand = async (mark: string) => {
    await redis.set(flight, 'g')
    await store('g', 'sealed', 'f1', undefined, mark)
  }

  it('is the affair of those that have it, who are told that others have a token by another', async () => {
    await stand('good')
    expect(await bar('bad')).toBe(1)
    expect(await claim('b', 'sealed', 'there', 0, 'bad')).toEqual(['barred', 'why', expect.any(Number), 1])
    expect(await claim('c', '', 'here', 0, 'good')).toMatchObject(['token', 'sealed', expect.any(Number)])
    expect(await claim('c', 'sealed', 'here', 0, 'third')).toEqual(['yours', '', 0, 0, 0])
  })

  it('is the app’s trouble where no token stands, and where it is the one that fetched it', async () => {
    expect(await bar('bad')).toBe(0)
    expect(await claim('b', '', 'here', 0, 'bad')).toEqual(['barred', 'why', expect.any(Number), 0])
    await stand('bad')
    expect(await bar('bad')).toBe(0)
  })

  it('is the app’s trouble when nobody has used that token for two minutes, after half a minute for it', async () => {
    await stand('good')
    await redis.hset(token, { usedAt: (await nowMs()) - 130_000 })
    expect(await bar('bad')).toBe(1)
    await redis.hset(token, { 'barredSince:bad': (await nowMs()) - 31_000 })
    expect(await claim('b', 'sealed', 'here', 0, 'bad')).toEqual(['barred', 'why', expect.any(Number), 0])
    expect(await bar('bad')).toBe(0)
    await claim('c', '', 'there', 0, 'good')
    expect(await claim('b', 'sealed', 'here', 0, 'bad')).toEqual(['barred', 'why', expect.any(Number), 1])
  })
})

describe('lift-token', () => {
  it('forgets every wait, and nothing else', async () => {
    await claim('a')
    await store('a')
    await redis.set(flight, 'b')
    await fail('b', 60_000, 'here')
    await redis.hset(token, { failure: 'why', failingSince: 1, quick: 3, forces: 7, forceDay: 1 })
    await redis.hset(token, { 'bar:credential:m': '1 why', 'barredSince:m': 1 })
    expect(await run('lift-token', [token])).toBe(1)
    expect(Object.keys(await redis.hgetall(token)).toSorted()).toEqual([
      'expiresAt',
      'fingerprint',
      'forceDay',
      'forces',
      'gap',
      'obtainedAt',
      'renewAt',
      'sealed',
      'usableUntil',
    ])
  })
})

describe('tokens that are refused as soon as they are fetched', () => {
  it('wait twice as long each time, up to the most that was given', async () => {
    const waits: number[] = []
    for (let round = 0; round < 7; round++) {
      await redis.hset(token, { retryAt: 0 })
      await claim(`a${round}`)
      await store(`a${round}`, 'sealed', `f${round}`)
      await drop(`f${round}`)
      waits.push(Math.ceil(Number((await claim('b'))[1]) / GAP_MS))
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30])
  })

  it('are forgotten once a token has worked for 10 s', async () => {
    await claim('a')
    await store('a')
    await redis.hset(token, { quick: 5, obtainedAt: 1_000, retryAt: 0 })
    await drop('f1')
    expect(await claim('b')).toEqual(['yours', '', 0, 0, 1])
  })

  it('are told to whoever fetches the next, until there is one', async () => {
    await claim('a')
    await store('a')
    await drop('f1')
    await redis.hset(token, { retryAt: 0 })
    expect(await claim('b')).toEqual(['yours', '', 0, 0, 1])
    await fail('b', 0)
    expect(await claim('c')).toEqual(['yours', '', 0, 0, 1])
    await store('c', 'sealed', 'f2', [90_000, 0, 0])
    await redis.hset(token, { retryAt: 0 })
    expect(await claim('d')).toEqual(['yours', '', 0, 0, 0])
  })
})

describe('a forced refresh', () => {
  const nowMs = async () => Number((await redis.time())[0]) * 1_000
  /** The same token given back and refused, `times` times in a row. */
  const refuse = async (times: number, fingerprint = 'f1') => {
    for (let time = 0; time < times; time++) {
      await redis.set(flight, 'x')
      await store('x', 'sealed', fingerprint)
      await drop(fingerprint)
    }
    await redis.hset(token, { retryAt: 0 })
  }
  const ageRefusals = async () => redis.hset(token, { refusedSince: (await nowMs()) - 31_000 })
  const claimForced = async () => (await claim('y', '', 'here', 1))[3]

  it('comes after three refusals of one and the same token within 30 s or more', async () => {
    await refuse(2)
    await ageRefusals()
    expect(await claimForced()).toBe(0)
    await refuse(1)
    await redis.del(flight)
    expect(await claimForced()).toBe(1)
    expect(await redis.hmget(token, 'forces', 'forceDay')).toEqual([
      '1',
      String(Math.floor(((await nowMs()) + 8 * 3_600_000) / 86_400_000)),
    ])
  })

  it('is for nobody whose token has no such thing', async () => {
    await refuse(3)
    await ageRefusals()
    expect((await claim('y', '', 'here', 0))[3]).toBe(0)
  })

  it('does not come for three refusals in a moment, nor for those of different tokens', async () => {
    await refuse(3)
    expect(await claimForced()).toBe(0)
    await redis.del(flight)
    await refuse(2, 'f2')
    await refuse(2, 'f3')
    await ageRefusals()
    expect(await claimForced()).toBe(0)
  })

  it('comes later and later, and 20 times a day at most', async () => {
    await refuse(3)
    await ageRefusals()
    const day = Math.floor(((await nowMs()) + 8 * 3_600_000) / 86_400_000)
    const forcedAfter = async (forces: number, agoMs: number) => {
      await redis.del(flight)
      await redis.hset(token, { forces, forceDay: day, forcedAt: (await nowMs()) - agoMs })
      return await claimForced()
    }
    expect(await forcedAfter(1, 20_000)).toBe(0)
    expect(await forcedAfter(1, 32_000)).toBe(1)
    expect(await forcedAfter(3, 110_000)).toBe(0)
    expect(await forcedAfter(3, 122_000)).toBe(1)
    expect(await forcedAfter(19, 3_602_000)).toBe(1)
    expect(await forcedAfter(20, 80_000_000)).toBe(0)
    await redis.hset(token, { forceDay: day - 1 })
    await redis.del(flight)
    expect(await claimForced()).toBe(1)
  })
})
