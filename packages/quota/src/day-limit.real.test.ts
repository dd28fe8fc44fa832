import { randomUUID } from 'node:crypto'
import { connectRedis, readScript, runScript } from '@sunpress/redis'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { dayOf } from './shanghai-day.js'
import { spacingUs } from './spacing.js'
import { type SimulatedServer, simulateLua } from './testing/simulated-lua.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'day-limit-test' })
const S = 1_000_000
const HOUR = 3_600 * S
const NOON_US = Date.parse('2026-11-20T12:00:00+08:00') * 1_000
const MIDNIGHT_US = Date.parse('2026-11-21T00:00:00+08:00') * 1_000
const NO_HOLD = [0, '', '']
/** Of this run alone: somebody else may use the server meanwhile. */
const ours = `test-${randomUUID()}`
let key = ''
let server: SimulatedServer
let run: ReturnType<typeof simulateLua>

beforeEach(async () => {
  key = `${ours}:${randomUUID()}:day`
  server = { nowUs: NOON_US, runId: 'a1' }
  run = simulateLua(redis, server)
  await settle(0, 0)
})
afterAll(async () => {
  const left = await redis.keys(`${ours}:*`)
  if (left.length > 0) await redis.del(...left)
  redis.disconnect()
})

type Row = [string, ...number[]]
const today = () => dayOf(server.nowUs / 1_000)
const settle = (windowMs: number, reserved: number, day = today()) =>
  run(
    'settle-permits',
    [key, `${key}:app`],
    [spacingUs(600), windowMs, ...NO_HOLD, ...NO_HOLD, day, reserved],
  )
const take = (limit: number, wanted = 25, perMinute = 60_000) =>
  run('take-permits', [key, `${key}:app`], [spacingUs(perMinute), wanted, 2 * S, '0', limit]) as Promise<Row>
const reserve = (reserved: number, before = 0, opens = true, day = today()) =>
  run('reserve-day', [key], [day, before, reserved, opens ? '1' : '0'])
const giveBack = (permits: number, day = today(), word: string = randomUUID()) =>
  runScript(redis, readScript('return-permits', import.meta.url), [key], [permits, day, word])
const restart = () => runScript(redis, readScript('restart-day', import.meta.url), [key], [])
const used = async () => ((await run('read-usage', [key], [])) as number[])[1]

describe('the calls of a day', () => {
  it('count from 0 again when WeChat has cleared them, at the same pace', async () => {
    await reserve(100)
    await take(100, 25)
    const before = (await redis.hget(key, 'tat')) ?? ''
    expect(await restart()).toBe(25)
    expect(await used()).toBe(0)
    expect(await redis.hget(key, 'tat')).toBe(before)
    expect((await take(100))[0]).toBe('reserve')
  })

  it('hold a lane no longer when they were cleared', async () => {
    await reserve(100)
    await redis.hset(
      key,
      'hold_until',
      String(server.nowUs + HOUR),
      'hold_for',
      String(HOUR),
      'hold_reason',
      'day_quota',
    )
    expect((await take(100))[0]).toBe('held')
    await restart()
    expect((await take(100))[0]).not.toBe('held')
  })

  it('are counted without a limit too, and turn at midnight in Shanghai', async () => {
    await take(0, 20)
    expect(await used()).toBe(20)
    server.nowUs = MIDNIGHT_US - 1
    expect(await used()).toBe(20)
    server.nowUs = MIDNIGHT_US
    expect(await used()).toBe(0)
    await take(0, 5)
    expect(await used()).toBe(5)
  })

  it('are given only as far as the ledger has reserved them', async () => {
    expect(await take(100)).toEqual(['reserve', today(), 0, 0, server.nowUs])
    await reserve(20)
    expect((await take(100, 25)).slice(0, 3)).toEqual(['granted', 0, 20])
    expect(await take(100)).toEqual(['reserve', today(), 20, 20, server.nowUs])
    await reserve(30, 20, false)
    expect((await take(100, 25))[2]).toBe(10)
  })

  it('ask for the next block before the last one is used up', async () => {
    await reserve(100)
    expect((await take(1_000, 25)).at(-1)).toBe(-1)
    await take(1_000, 25)
    await take(1_000, 25)
    expect((await take(1_000, 21)).at(-1)).toBe(100)
    await reserve(1_000)
    expect((await take(1_000, 1)).at(-1)).toBe(-1)
  })

  it('end with a hold until five past midnight in Shanghai, each of them used', async () => {
    await reserve(30)
    expect((await take(30, 25))[2]).toBe(25)
    expect((await take(30, 25))[2]).toBe(5)
    server.nowUs += S
    expect(await take(30)).toEqual([
      'held',
      (MIDNIGHT_US + 300 * S - server.nowUs) / 1_000,
      'day_quota',
      server.nowUs,
    ])
    expect(await run('read-holds', [key], [])).toMatchObject([
      [expect.anything(), 'day_quota', 'the 30 calls of this day are used', expect.anything()],
    ])
    server.nowUs = MIDNIGHT_US + 300 * S
    expect((await take(30))[0]).toBe('reserve')
  })

  it('go on as soon as their limit is raised, but not while WeChat itself said no', async () => {
    await reserve(30)
    await take(30, 25)
    await take(30, 25)
    expect((await take(30))[0]).toBe('held')
    expect((await take(40))[0]).toBe('reserve')
    expect((await take(30))[0]).toBe('held')
    await run('put-hold', [key], [(24 * HOUR) / 1_000, 'day_quota', 'WeChat said so'])
    expect((await take(40))[0]).toBe('held')
  })

  it('come back when nothing was written with them, and end the hold that they alone had caused', async () => {
    await reserve(30)
    await take(30, 25)
    await take(30, 25)
    await take(30)
    expect(await giveBack(2, today(), 'once')).toBe(28)
    expect(await giveBack(2, today(), 'once')).toBe(-1)
    expect((await take(30))[2]).toBe(2)
    expect((await take(30))[0]).toBe('held')
  })

  it('come back to no other day, and lift no hold of another cause', async () => {
    await reserve(30)
    await take(30, 25)
    expect(await giveBack(5, today() - 1)).toBe(-1)
    await run('put-hold', [key], [HOUR / 1_000, 'day_quota', 'WeChat said so'])
    expect(await giveBack(5)).toBe(20)
    expect((await take(30))[0]).toBe('held')
  })

  it('count for the next day too when they are made so shortly before midnight that they may arrive behind it', async () => {
    await reserve(100)
    server.nowUs = MIDNIGHT_US - 6 * S
    await take(100, 10)
    server.nowUs = MIDNIGHT_US - 2 * S
    await take(100, 10)
    server.nowUs = MIDNIGHT_US + S
    await reserve(50)
    expect(await used()).toBe(10)
  })

  it('are those that the ledger has reserved after a loss of Redis', async () => {
    await reserve(40)
    await take(100, 25)
    await redis.del(key)
    await settle(60_000, 40)
    expect(await used()).toBe(40)
    server.nowUs += 63 * S
    expect(await take(100)).toEqual(['reserve', today(), 40, 40, server.nowUs])
  })

  it('are those that the ledger has reserved when Redis comes back older than it was', async () => {
    await reserve(40)
    await take(100, 5)
    const old = await redis.hgetall(key)
    await take(100, 25)
    await redis.hset(key, old)
    server.runId = 'b2'
    expect((await take(100))[0]).toBe('unsettled')
    expect(await reserve(90)).toBe(0)
    await settle(60_000, 40)
    expect(await used()).toBe(40)
  })

  it('are known when a limit becomes known in the middle of the day', async () => {
    await take(0, 25)
    expect(await take(1_000)).toEqual(['reserve', today(), 25, 0, server.nowUs])
  })

  it('are what the ledger has reserved and those made since, in a count that was begun without asking it', async () => {
    await redis.del(key)
    await settle(0, 0, 0)
    await take(0, 25)
    expect(await take(10_000)).toEqual(['reserve', today(), 25, 0, server.nowUs])
    await reserve(9_975, 9_900)
    expect(await used()).toBe(9_925)
    await reserve(10_000, 9_975)
    expect(await used()).toBe(9_925)
  })

  it('are known after a loss of Redis though their limit is not yet', async () => {
    await redis.del(key)
    await settle(60_000, 9_900)
    server.nowUs += 63 * S
    await take(0, 25)
    expect(await used()).toBe(9_925)
    expect(await take(10_000)).toEqual(['reserve', today(), 9_925, 9_900, server.nowUs])
    await reserve(10_000, 9_900)
    expect(await used()).toBe(9_925)
  })

  it('do not count twice when two find out their limit at once', async () => {
    await take(0, 25)
    const [one, two] = [await take(1_000), await take(1_000)]
    expect([one[0], two[0]]).toEqual(['reserve', 'reserve'])
    await reserve(45, 35)
    await reserve(35, 0)
    expect(await used()).toBe(25)
    server.nowUs = MIDNIGHT_US + S
    await take(0, 25)
    await reserve(45, 35)
    expect(await used()).toBe(25)
  })

  it('are asked of the ledger when the clock was set back over midnight, or it was asked too shortly before', async () => {
    await reserve(100)
    await take(100, 25)
    server.nowUs = MIDNIGHT_US + S
    await take(0, 25)
    server.nowUs = MIDNIGHT_US - HOUR
    await run('take-permits', [key, `${key}:app`], [spacingUs(60_000), 5, 2 * S, '1', 0])
    server.nowUs += 3 * S
    await take(0, 5)
    await reserve(200, 100)
    expect(await used()).toBe(105)
    await redis.del(key)
    server.nowUs = MIDNIGHT_US - 2 * S
    await settle(0, 0)
    server.nowUs = MIDNIGHT_US + S
    await take(0, 5)
    await reserve(30, 20)
    expect(await used()).toBe(25)
  })

  it('are not reserved by a block that comes late, after they were cleared or lost', async () => {
    await reserve(100)
    await take(1_000, 25)
    await restart()
    expect(await reserve(110, 100, false)).toBe(0)
    expect((await take(1_000))[0]).toBe('reserve')
    await redis.del(key)
    await settle(0, 0, 0)
    await take(0, 5)
    expect(await reserve(110, 100, false)).toBe(0)
    expect((await take(1_000))[0]).toBe('reserve')
  })

  it('come back once when a return is sent again after those of others', async () => {
    await take(0, 25)
    const answers = [await giveBack(3, today(), 'one'), await giveBack(3, today(), 'two')]
    answers.push(await giveBack(3, today(), 'one'), await giveBack(3, today(), 'two'))
    expect(answers).toEqual([22, 19, -1, -1])
    for (let n = 0; n < 70; n++) await giveBack(0)
    expect((await redis.hget(key, 'returned'))?.split(' ')).toHaveLength(64)
  })

  it('are not begun anew by a block of yesterday that comes late', async () => {
    await reserve(40)
    server.nowUs = MIDNIGHT_US + S
    await reserve(10)
    await take(100, 5)
    expect(await reserve(60, 40, false, today() - 1)).toBe(0)
    expect(await used()).toBe(5)
  })
})

const events = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant('take' as const), n: fc.integer({ min: 1, max: 25 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('giveBack' as const), n: fc.integer({ min: 1, max: 25 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), n: fc.nat(5 * 3_600) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const), n: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('older' as const), n: fc.nat(10) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), n: fc.nat(1) }) },
  ),
  { minLength: 30, maxLength: 150 },
)

describe('the limit of a day', () => {
  // Tens of thousands of exchanges with Redis, one after the other.
  it('is never passed, whatever is lost, given back or late', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.constantFrom(1, 7, 60, 300), async (all, limit) => {
        await redis.del(key, `${key}:app`)
        server.runId = 'run0'
        server.nowUs = NOON_US
        const ledger = new Map<number, number>()
        const calls = new Map<number, number>()
        const states: Record<string, string>[] = []
        let inHand: number[] = []
        let runs = 0
        const reserved = () => ledger.get(today()) ?? 0
        await settle(0, 0)
        for (const { kind, n } of all) {
          if (kind === 'pass') server.nowUs += n * S
          else if (kind === 'flush') {
            await redis.del(key)
            await settle(60_000, reserved())
            server.nowUs += 63 * S
          } else if (kind === 'older') {
            const old = states.at(-1 - n)
            if (old !== undefined) {
              await redis.del(key)
              await redis.hset(key, old)
              server.runId = `run${++runs}`
            }
          } else if (kind === 'giveBack') {
            const back = inHand.splice(0, n)
            for (const day of new Set(back)) {
              const count = back.filter((each) => each === day).length
              await giveBack(count, day)
              calls.set(day, (calls.get(day) ?? 0) - count)
            }
          } else if (kind === 'die') inHand = []
          else {
            server.nowUs += S
            for (let tries = 0; tries < 3; tries++) {
              const [answer, one = 0, count = 0, , , day = 0] = await take(limit, n)
              if (answer === 'unsettled') await settle(60_000, reserved())
              if (answer === 'reserve') {
                const before = ledger.get(one) ?? 0
                const more = Math.max(
                  before,
                  Math.min(limit, Math.max(before, count) + Math.ceil(limit / 100)),
                )
                ledger.set(one, more)
                await reserve(more, before, true, one)
              }
              if (answer !== 'granted') continue
              calls.set(day, (calls.get(day) ?? 0) + count)
              inHand.push(...Array.from({ length: count }, () => day))
              break
            }
            states.push(await redis.hgetall(key))
          }
          for (const made of calls.values()) expect(made).toBeLessThanOrEqual(limit)
        }
      }),
      { numRuns: 150 },
    )
  })
})
