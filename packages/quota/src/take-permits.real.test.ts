import { randomUUID } from 'node:crypto'
import { connectRedis, readScript, runScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { spacingUs } from './spacing.js'
import { PATIENCE_US, permitsAt } from './testing/permits-at.js'
import { type SimulatedServer, simulateLua } from './testing/simulated-lua.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'take-permits-test' })
const EPOCH_US = 1_750_000_000_000_000
const S = 1_000_000
/** Of this run alone: somebody else may use the server meanwhile. */
const ours = `test-${randomUUID()}`
let key = ''
let appHold = ''
let server: SimulatedServer
let run: ReturnType<typeof simulateLua>

beforeEach(() => {
  key = `${ours}:${randomUUID()}:permits`
  appHold = `${key}:app:permits`
  server = { nowUs: EPOCH_US, runId: 'a1' }
  run = simulateLua(redis, server)
})
afterAll(async () => {
  const left = await redis.keys(`${ours}:*`)
  if (left.length > 0) await redis.del(...left)
  redis.disconnect()
})

const { take, settle } = permitsAt(() => ({ run, keys: [key, appHold] }))
const NO_HOLD = [0, '', '']
const hold = (at: string, ms: number, reason: string) => run('put-hold', [at], [ms, reason, ''])
const readHold = async (at: string) => ((await run('read-holds', [at], [])) as unknown[])[0]
/** What a grant ends with: spacing, day, no probe, nothing to reserve. */
const rest = (limit = 5_000) => [spacingUs(limit), expect.any(Number), 0, -1]

describe('take-permits.lua', () => {
  it('runs as it is on a real server', async () => {
    const asIs = (name: string, args: (string | number)[]) =>
      runScript(redis, readScript(name, import.meta.url), [key, appHold], args)
    const wish = [12_060, 3, PATIENCE_US, '0', 0]
    expect(await asIs('take-permits', wish)).toEqual(['missing', expect.any(Number)])
    expect(await asIs('settle-permits', [12_060, 0, ...NO_HOLD, ...NO_HOLD, 0, 0])).toBe(1)
    const one = await asIs('take-permits', wish)
    expect(one).toEqual(['granted', 0, 3, expect.any(Number), ...rest()])
    const [kind, firstUs, , nowUs] = (await asIs('take-permits', wish)) as [string, number, number, number]
    expect(kind).toBe('granted')
    // Behind the three of the first one by Redis's clock, however long that was ago.
    expect(nowUs + firstUs).toBeGreaterThanOrEqual(((one as number[])[3] ?? 0) + 3 * 12_060)
    expect(firstUs).toBeLessThanOrEqual(3 * 12_060)
    expect(await redis.hget(key, 'run_id')).toMatch(/^[0-9a-f]{40}$/)
    expect(await redis.pttl(key)).toBe(-1)
  })

  it('says missing, and makes nothing, when there is no state', async () => {
    expect((await take())[0]).toBe('missing')
    expect(await redis.exists(key)).toBe(0)
  })

  it('gives slots behind each other and saves up none while idle', async () => {
    await settle()
    const apart = spacingUs(5_000)
    expect(await take({ wanted: 3 })).toEqual(['granted', 0, 3, server.nowUs, ...rest()])
    expect(await take({ wanted: 2 })).toEqual(['granted', 3 * apart, 2, server.nowUs, ...rest()])
    server.nowUs += 3_600 * S
    expect(await take({ wanted: 25 })).toEqual(['granted', 0, 25, server.nowUs, ...rest()])
  })

  it('gives no slot beyond patience, and says how far the next one is', async () => {
    await settle(0, 60)
    const apart = spacingUs(60)
    expect((await take({ limit: 60, wanted: 25 })).slice(0, 3)).toEqual(['granted', 0, 2])
    expect((await take({ limit: 60, wanted: 25 })).slice(0, 2)).toEqual(['wait', 2 * apart])
    expect((await take({ limit: 60, wanted: 25, patienceUs: 60 * S })).slice(0, 1)).toEqual(['wait'])
  })

  it('works for one call a minute', async () => {
    await settle(0, 1)
    expect((await take({ limit: 1 })).slice(0, 3)).toEqual(['granted', 0, 1])
    expect((await take({ limit: 1 })).slice(0, 2)).toEqual(['wait', spacingUs(1)])
    server.nowUs += spacingUs(1) - S
    expect((await take({ limit: 1 })).slice(0, 3)).toEqual(['granted', S, 1])
  })

  it('counts a lowered limit from the last slot given', async () => {
    await settle()
    await take({ wanted: 1 })
    expect((await take({ limit: 1 })).slice(0, 2)).toEqual(['wait', spacingUs(1)])
  })

  it('starts behind every forgotten slot on another run of the server, once', async () => {
    await settle()
    await take({ wanted: 25 })
    server.runId = 'b2'
    server.nowUs += S
    expect((await take())[0]).toBe('unsettled')
    expect(await settle(60_000)).toBe(1)
    expect(await settle(60_000)).toBe(0)
    const gap = PATIENCE_US + spacingUs(5_000)
    expect((await take()).slice(0, 2)).toEqual(['wait', gap])
    server.nowUs += 500_000
    expect((await take({ wanted: 1 })).slice(0, 2)).toEqual(['granted', gap - 500_000])
  })

  it('starts behind every slot given when the caller saw the clock leap, without adding up', async () => {
    await settle()
    server.nowUs += 100 * S
    const gap = PATIENCE_US + spacingUs(5_000)
    expect((await take({ leapt: true })).slice(0, 2)).toEqual(['wait', gap])
    expect((await take({ leapt: true })).slice(0, 2)).toEqual(['wait', gap])
  })

  it.each([
    ['a minute', 60 * S],
    ['hours', 5 * 3_600 * S],
    ['years', 3 * 365 * 86_400 * S],
  ])(
    'stands still for no longer than forgotten slots can be in use when the clock is set back by %s',
    async (_name, backUs) => {
      await settle()
      await take({ wanted: 25 })
      server.nowUs -= backUs
      const [kind, waitUs] = await take()
      expect(kind).toBe('wait')
      expect(waitUs).toBe(PATIENCE_US + spacingUs(5_000))
      server.nowUs += waitUs ?? 0
      expect((await take()).slice(0, 3)).toEqual(['granted', 0, 25])
    },
  )

  it.each([-5 * 3_600, -2, -0.1, 2])(
    'neither bursts nor stalls when its arrival time is moved by %d s',
    async (seconds) => {
      await settle()
      const slots: number[] = []
      const takeOn = async () => {
        const [kind, firstUs = 0, count = 0] = await take()
        if (kind === 'granted')
          slots.push(...Array.from({ length: count }, (_, k) => server.nowUs + firstUs + k * 12_060))
      }
      await takeOn()
      await takeOn()
      await redis.hincrby(key, 'tat', seconds * S)
      for (let i = 0; i < 10; i++) {
        await takeOn()
        server.nowUs += S / 2
      }
      for (const [i, slot] of slots.entries())
        if (i > 0) expect(slot - (slots[i - 1] ?? 0)).toBeGreaterThanOrEqual(12_060)
      expect(slots.length).toBeGreaterThan(100)
    },
  )

  it('answers a hold before anything else, and goes on at its pace when it is over', async () => {
    await settle()
    await hold(key, 5_000, 'token')
    expect(await take()).toEqual(['held', 5_000, 'token', server.nowUs])
    server.nowUs += 5 * S
    expect((await take()).slice(0, 3)).toEqual(['granted', 0, 25])
  })

  it('never holds for longer than was asked, however far the clock is set back', async () => {
    await settle()
    await hold(key, 5_000, 'token')
    server.nowUs -= 3_600 * S
    expect((await take())[1]).toBe(5_000)
    server.nowUs += 5 * S
    expect((await take())[0]).toBe('wait')
    expect(await readHold(key)).toBeNull()
  })
})

describe('a hold that is over', () => {
  it('does not come back when the clock is set back', async () => {
    await settle()
    await hold(key, 5_000, 'token')
    server.nowUs += 6 * S
    expect((await take())[0]).toBe('granted')
    server.nowUs -= 4 * S
    expect(await readHold(key)).toBeNull()
    expect((await take())[0]).toBe('wait')
  })
})

describe('settle-permits.lua', () => {
  it('keeps a state of this run', async () => {
    await settle()
    const before = await redis.hgetall(key)
    server.nowUs += S
    expect(await settle(60_000)).toBe(0)
    expect(await redis.hgetall(key)).toEqual(before)
  })

  it('holds for a whole window, and even then starts behind every slot given before', async () => {
    expect(await settle(60_000, 1)).toBe(1)
    expect(await take({ limit: 1 })).toEqual(['held', 60_000, 'minute_quota', server.nowUs])
    server.nowUs += 60 * S
    expect((await take({ limit: 1 })).slice(0, 2)).toEqual(['wait', PATIENCE_US + spacingUs(1) - 60 * S])
  })

  it('keeps a longer hold that was put on a lane without state', async () => {
    await hold(key, 90_000, 'day_quota')
    await settle(60_000)
    expect(await take()).toEqual(['held', 90_000, 'day_quota', server.nowUs])
  })

  it('brings back the holds that the ledger has, and holds a lane of another run for nothing else', async () => {
    await settle()
    server.runId = 'b2'
    await settle(60_000, 5_000, [7_000, 'day_quota', 'used up'])
    expect(await readHold(key)).toEqual([7_000, 'day_quota', 'used up', server.nowUs / 1_000 + 7_000])
    server.nowUs += 7 * S
    expect((await take())[0]).toBe('granted')
  })
})

describe('read-usage.lua', () => {
  it('counts the permits of the present minute of the clock', async () => {
    const used = async () => ((await run('read-usage', [key], [])) as number[])[0]
    const turnUs = (Math.floor(EPOCH_US / (60 * S)) + 1) * 60 * S
    server.nowUs = turnUs - S
    await settle()
    await take({ wanted: 3 })
    await take({ wanted: 2 })
    expect(await used()).toBe(5)
    server.nowUs = turnUs - 1
    expect(await used()).toBe(5)
    server.nowUs = turnUs
    expect(await used()).toBe(0)
    await take({ wanted: 4 })
    expect(await used()).toBe(4)
  })
})

describe('put-hold.lua, read-holds.lua and lift-hold.lua', () => {
  it('keep the longer hold with its reason and message', async () => {
    const nowMs = server.nowUs / 1_000
    expect(await run('put-hold', [key], [9_000, 'day_quota', 'all used'])).toEqual([
      9_000,
      'day_quota',
      'all used',
      nowMs + 9_000,
    ])
    expect(await run('put-hold', [key], [4_000, 'token', 'stale'])).toEqual([
      9_000,
      'day_quota',
      'all used',
      nowMs + 9_000,
    ])
    await hold(appHold, 4_000, 'token')
    expect(await run('read-holds', [appHold, `${key}:none`, key], [])).toEqual([
      [4_000, 'token', '', nowMs + 4_000],
      null,
      [9_000, 'day_quota', 'all used', nowMs + 9_000],
    ])
    server.nowUs += 4 * S
    expect(await readHold(appHold)).toBeNull()
  })

  it("stop a lane by its own hold and by its app's, whichever is longer, and end them one by one", async () => {
    await settle()
    await hold(key, 4_000, 'minute_quota')
    await hold(appHold, 9_000, 'app_held')
    expect(await take()).toEqual(['held', 9_000, 'app_held', server.nowUs])
    await run('lift-hold', [appHold], [])
    expect(await take()).toEqual(['held', 4_000, 'minute_quota', server.nowUs])
  })

  it('end a hold and keep the pace', async () => {
    await settle()
    await take({ wanted: 25 })
    await hold(key, 9_000, 'app_held')
    const lift = readScript('lift-hold', import.meta.url)
    expect(await runScript(redis, lift, [key], [])).toBe(1)
    expect(await runScript(redis, lift, [key], [])).toBe(0)
    expect((await take()).slice(0, 2)).toEqual(['granted', 25 * spacingUs(5_000)])
  })
})
