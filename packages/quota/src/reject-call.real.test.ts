import { randomUUID } from 'node:crypto'
import { connectRedis, readScript, runScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { spacingUs } from './spacing.js'
import { type SimulatedLane, workLane } from './testing/simulated-lane.js'
import { type SimulatedServer, simulateLua } from './testing/simulated-lua.js'
import { UPSTREAMS } from './testing/upstream-windows.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'reject-call-test' })
const S = 1_000_000
const MINUTE = 60 * S
/** The beginning of a minute, 23:07 in Shanghai. */
const START_US = Date.parse('2025-06-15T15:07:00Z') * 1_000
/** Of this run alone: somebody else may use the server meanwhile. */
const ours = `test-${randomUUID()}`
let key = ''
let server: SimulatedServer
let run: ReturnType<typeof simulateLua>

beforeEach(async () => {
  key = `${ours}:${randomUUID()}:rejected`
  server = { nowUs: START_US, runId: 'a1' }
  run = simulateLua(redis, server)
  await run('settle-permits', [key, `${key}:app`], [12_060, 0, 0, '', '', 0, '', '', 0, 0])
})
afterAll(async () => {
  const left = await redis.keys(`${ours}:*`)
  if (left.length > 0) await redis.del(...left)
  redis.disconnect()
})

type Granted = ['granted', number, number, number, number, number, number, number]
const take = (wanted = 25, dayLimit = 0, limit = 5_000) =>
  run('take-permits', [key, `${key}:app`], [spacingUs(limit), wanted, 2 * S, '0', dayLimit]) as Promise<
    Granted | [string, ...number[]]
  >
interface Rejected {
  slotUs?: number
  errcode?: number
  dayLimit?: number
  share?: number
  remains?: boolean
}
const reject = async ({
  slotUs = server.nowUs,
  errcode = 45009,
  dayLimit = 0,
  share = 0.95,
  remains = true,
}: Rejected = {}) => {
  const untilMinuteMs = Math.round((MINUTE - (server.nowUs % MINUTE)) / 1_000) + 2_000
  const args = [
    untilMinuteMs,
    slotUs,
    errcode === 45009 ? '1' : '0',
    dayLimit,
    share,
    remains ? '0' : '1',
    'WeChat said so',
  ]
  const [kind, leftMs, reason, rate] = (await run('reject-call', [key], args)) as [
    string,
    number,
    string,
    string,
  ]
  return { kind, leftMs, reason, rate: Number(rate) }
}
const endProbe = (end: 'passed' | 'unknown', id: number) => run('end-probe', [key], [end, id])
const readRate = async () => Number(((await run('read-usage', [key], [])) as [number, number, string])[2])
const spacingOf = async () => (await take(1))[4]

describe('reject-call.lua', () => {
  it('runs as it is on a real server', async () => {
    const script = readScript('reject-call', import.meta.url)
    const answer = await runScript(
      redis,
      script,
      [`${key}:real`],
      [5_000, Date.now() * 1_000, '1', 0, 0.95, '0', ''],
    )
    expect(answer).toEqual(['minute', 5_000, 'minute_quota', '0.9'])
  })

  it('holds the lane to the next clock minute, and slows it to nine tenths', async () => {
    server.nowUs += 40 * S
    expect(await reject()).toEqual({ kind: 'minute', leftMs: 22_000, reason: 'minute_quota', rate: 0.9 })
    expect((await take()).slice(0, 3)).toEqual(['held', 22_000, 'minute_quota'])
  })

  it('drops the rate once, however many calls were under way and whenever they come back', async () => {
    server.nowUs += 40 * S
    const slotUs = server.nowUs
    await reject({ slotUs })
    server.nowUs += S
    expect(await reject({ slotUs })).toMatchObject({
      kind: 'late',
      leftMs: 21_000,
      reason: 'minute_quota',
      rate: 0.9,
    })
    server.nowUs += 30 * S
    await take(1)
    expect(await reject({ slotUs: slotUs + S })).toEqual({ kind: 'late', leftMs: 0, reason: '', rate: 0.9 })
    expect((await take(1))[0]).not.toBe('held')
  })

  it('never ends before slots given earlier are used up', async () => {
    server.nowUs += 59_900_000
    const args = [100, server.nowUs, '0', 0, 0.95, '0', '']
    expect(((await run('reject-call', [key], args)) as [string, number])[1]).toBeGreaterThan(2_150)
  })

  it('lets one call through first, and all others when that was let in', async () => {
    await reject()
    server.nowUs += 62 * S
    const probe = (await take(25)) as Granted
    expect([probe[0], probe[2], probe[6]]).toEqual(['granted', 1, 1])
    expect((await take(25)).slice(0, 2)).toEqual(['wait', 500_000])
    await endProbe('passed', probe[3])
    expect(await take(25)).toMatchObject({ 0: 'granted', 2: 25, 6: 0 })
  })

  it('sends another probe when nobody can tell what became of the first, or its process died', async () => {
    await reject()
    server.nowUs += 62 * S
    const first = (await take(25)) as Granted
    await endProbe('unknown', first[3] - 1)
    expect((await take(25))[0]).toBe('wait')
    await endProbe('unknown', first[3])
    const second = (await take(25)) as Granted
    expect([second[2], second[6]]).toEqual([1, 1])
    server.nowUs += 29_900_000
    expect((await take(25))[0]).toBe('wait')
    server.nowUs += 100_000
    expect(await take(25)).toMatchObject({ 0: 'granted', 2: 1, 6: 1 })
  })

  it('climbs back by half a percent of the limit for each clean minute, and no further than the limit', async () => {
    await reject()
    server.nowUs += 62 * S
    const probe = (await take(1)) as Granted
    expect(probe[4]).toBe(Math.ceil(spacingUs(5_000) / 0.9))
    server.nowUs += 5 * MINUTE
    expect(await readRate()).toBe(0.9)
    await endProbe('passed', probe[3])
    server.nowUs += MINUTE - 1
    expect(await readRate()).toBe(0.9)
    server.nowUs += 3 * MINUTE + 1
    expect(await readRate()).toBeCloseTo(0.92, 9)
    expect(await spacingOf()).toBe(Math.ceil(spacingUs(5_000) / 0.92))
    server.nowUs += 60 * MINUTE
    expect(await readRate()).toBe(1)
    expect(await spacingOf()).toBe(spacingUs(5_000))
  })

  it('takes three probes rejected in consecutive minutes for the day, and gives the pace back', async () => {
    await reject()
    for (const kind of ['minute', 'minute', 'day']) {
      server.nowUs = (Math.floor(server.nowUs / MINUTE) + 1) * MINUTE + 2 * S
      expect((await take())[0]).toBe('granted')
      server.nowUs += S
      const verdict = await reject()
      expect(verdict).toMatchObject({ kind, rate: kind === 'day' ? 1 : 0.9 })
    }
    const shanghai = new Date((server.nowUs + 8 * 3_600 * S) / 1_000 + (await reject()).leftMs)
    expect(shanghai.toISOString()).toMatch(/T00:05:00/)
    server.nowUs += 2 * 3_600 * S
    expect(await take(25)).toMatchObject({ 0: 'granted', 2: 1, 6: 1 })
  })

  it.each([
    ['a probe that was let in', async () => void (await endProbe('passed', 0))],
    [
      'minutes without a probe',
      async () => {
        server.nowUs += 5 * MINUTE
      },
    ],
  ])('counts probes anew after %s', async (_name, interrupt) => {
    await reject()
    for (let i = 0; i < 4; i++) {
      server.nowUs += 65 * S
      await take()
      if (i === 2) await interrupt()
      expect((await reject()).kind).toBe('minute')
    }
  })

  it('never takes 45011, which speaks of the minute, for the day', async () => {
    for (let i = 0; i < 6; i++) {
      expect((await reject({ errcode: 45011, dayLimit: 1, remains: false })).kind).toBe('minute')
      server.nowUs += 65 * S
      await take()
    }
  })

  it.each([
    ['WeChat said that nothing remains', { remains: false }],
    ['nearly all calls of the day are made', { dayLimit: 100, share: 0.95 }],
  ])('takes 45009 for the day at once when %s', async (_name, more) => {
    await run('reserve-day', [key], [Math.floor((START_US / S + 8 * 3_600) / 86_400), 0, 100, '1'])
    for (let i = 0; i < 95; i++) {
      await take(1, 100)
      server.nowUs += 12_060
    }
    expect(await reject(more)).toMatchObject({ kind: 'day', reason: 'day_quota', rate: 1 })
  })

  it('takes 45009 for the minute while the day has calls left', async () => {
    await run('reserve-day', [key], [Math.floor((START_US / S + 8 * 3_600) / 86_400), 0, 100, '1'])
    await take(25, 100)
    expect(await reject({ dayLimit: 100 })).toMatchObject({ kind: 'minute' })
  })

  it('judges anew after its hold was lifted by hand', async () => {
    await reject()
    await run('lift-hold', [key], [])
    expect((await take())[0]).toBe('granted')
    server.nowUs += S
    expect((await reject()).kind).toBe('minute')
  })

  it('lets a longer hold stand', async () => {
    await run('put-hold', [key], [3_600_000, 'token', 'stale'])
    expect(await reject()).toMatchObject({ kind: 'minute', reason: 'token', leftMs: 3_600_000 })
  })
})

describe('a limit that WeChat lowers without a word', () => {
  const lane = (): SimulatedLane => {
    let seed = 7
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647
      return seed / 2_147_483_647
    }
    return { redis, server, key, limit: 4_900, processes: 3, latencyUs: 300_000, errcode: 45009, random }
  }
  const kinds = Object.keys(UPSTREAMS) as (keyof typeof UPSTREAMS)[]

  it.each(kinds.flatMap((kind) => [0, 25, 50].map((second) => ({ kind, second }))))(
    'is found within five minutes, with few rejections ($kind window, lowered at second $second)',
    async ({ kind, second }) => {
      const upstream = UPSTREAMS[kind](5_000)
      await workLane(lane(), upstream, START_US + 2 * MINUTE + second * S)
      upstream.limit = 3_000
      const calls = await workLane(lane(), upstream, START_US + 20 * MINUTE)
      const rejected = calls.filter(({ accepted }) => !accepted)
      const first = rejected[0]?.atUs ?? 0
      const settling = rejected.filter(({ atUs }) => atUs < first + 5 * MINUTE)
      const after = rejected.filter(({ atUs }) => atUs >= first + 5 * MINUTE)
      expect(settling.length).toBeLessThan(300)
      // From then on only as many as climbing back costs.
      expect(after.length).toBeLessThan(60)
      expect(await readRate()).toBeLessThan(0.68)
      expect(await readRate()).toBeGreaterThan(0.53)
    },
  )
})
