import { randomUUID } from 'node:crypto'
import { connectRedis, readScript, runScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { type SimulatedServer, simulateLua } from '../testing/simulated-lua.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'gate-scripts-test' })
const HOLD = JSON.stringify({ target: { scope: 'page' }, reason: 'page_held', message: null })
const DAY_MS = 86_400_000
const NOW_MS = 1_750_000_000_000
let key = ''
let page = ''
let server: SimulatedServer
let simulated: ReturnType<typeof simulateLua>

beforeEach(() => {
  key = `test-${randomUUID()}:gate`
  page = `${key}:page`
  server = { nowUs: NOW_MS * 1_000, runId: 'a1' }
  simulated = simulateLua(redis, server)
})
afterAll(() => redis.disconnect())

const raw = (name: string, keys: readonly string[], ...args: (string | number)[]) =>
  runScript(redis, readScript(name, new URL('..', import.meta.url).href), keys, args)
const pass = (ms: number) => {
  server.nowUs += ms * 1_000
}
const hold = (name: string, forMs: number) => simulated('hold-target', [key, page], [name, forMs, HOLD])
const read = async () => ((await simulated('read-gate', [key], [DAY_MS])) as (string | number)[]).slice(3)

describe('hold-target.lua and read-gate.lua', () => {
  it('run as they are on a real server', async () => {
    const fromMs = Date.now()
    expect(await raw('hold-target', [key, page], 'page-a', 90_000, HOLD)).toEqual([
      90_000,
      expect.any(String),
    ])
    const [loaded, nowMs, runId, name, leftMs] = (await raw('read-gate', [key], DAY_MS)) as unknown[]
    expect([loaded, name]).toEqual([0, 'page-a'])
    expect(Number(nowMs)).toBeGreaterThan(fromMs - 5_000)
    expect(Number(nowMs)).toBeLessThan(Date.now() + 5_000)
    expect(runId).toMatch(/^[0-9a-f]{40}$/)
    expect(Number(leftMs)).toBeGreaterThan(80_000)
  })

  it('keep the longer hold, end it in time, and leave nothing behind', async () => {
    await redis.set(page, 'passed')
    // Nobody probes it before all have seen the hold. Asked in one go: those 2 s pass by the real clock.
    const [, known, leftMs] = await Promise.all([hold('page-a', 10_000), redis.get(page), redis.pttl(page)])
    expect(known).toBe('probe none')
    expect(leftMs).toBeLessThanOrEqual(2_000)
    pass(4_000)
    expect(((await hold('page-a', 5_000)) as unknown[])[0]).toBe(6_000)
    expect((await read()).slice(0, 2)).toEqual(['page-a', 6_000])
    pass(6_000)
    expect(await read()).toEqual([])
    expect(await redis.exists(key)).toBe(0)
  })

  it('let no hold last longer than it was made for when the clock is set back', async () => {
    await hold('page-a', 10_000)
    pass(-DAY_MS)
    expect((await read()).slice(0, 2)).toEqual(['page-a', 10_000])
    pass(9_000)
    expect((await read()).slice(0, 2)).toEqual(['page-a', 1_000])
  })
})

describe('note-refusal.lua and end-run.lua', () => {
  const note = (scene: string, errcode = 40097) =>
    simulated('note-refusal', [key], ['campaign-c', scene, errcode, 3])

  it('count different scenes of one errcode, up to the most', async () => {
    const seen = []
    for (const scene of ['a', 'b', 'a', 'c', 'd']) seen.push(await note(scene))
    expect(seen).toEqual([1, 2, 2, 3, 3].map((scenes) => ['run', scenes]))
    expect(await note('e', 47001)).toEqual(['run', 1])
    expect((await read()).slice(0, 2)).toEqual(['run:campaign-c', -1])
    expect(await raw('end-run', [key], 'campaign-c', 'page-a')).toBe(1)
    expect(await read()).toEqual([])
  })

  it('forget a run that nothing was added to for a day', async () => {
    await note('a')
    pass(DAY_MS + 1)
    expect(await read()).toEqual([])
  })

  it('say so when it is held already', async () => {
    await simulated('hold-target', [key], ['campaign-c', 5_000, HOLD])
    expect(await note('a')).toEqual(['held', 5_000, expect.stringContaining('page_held')])
    pass(5_000)
    expect(await note('a')).toEqual(['run', 1])
  })
})

describe('load-gate.lua', () => {
  it('does nothing on another run of the server', async () => {
    expect(await raw('load-gate', [key], 'another', 0, 0, 0, 'page-a', 90_000, HOLD)).toBe(0)
    expect(await redis.exists(key)).toBe(0)
  })

  it('brings the holds of the ledger, and keeps longer, short and young ones that it does not know', async () => {
    const [, nowMs, runId] = (await raw('read-gate', [key], DAY_MS)) as [number, number, string]
    const kept = (forMs: number, agoMs: number) =>
      JSON.stringify({ ...JSON.parse(HOLD), until: nowMs - agoMs + forMs, for: forMs, at: nowMs - agoMs })
    await redis.hset(key, {
      'page-longer': kept(900_000, 0),
      'page-short': kept(50_000, 40_000),
      'page-young': kept(900_000, 10_000),
      'page-lifted': kept(9_000_000, 100_000),
    })
    const recorded = ['page-longer', 90_000, HOLD, 'page-lost', 90_000, HOLD]
    expect(await raw('load-gate', [key], runId, nowMs, 60_000, 60_000, ...recorded)).toBe(1)
    const reply = (await raw('read-gate', [key], DAY_MS)) as (string | number)[]
    expect(reply[0]).toBe(1)
    const names = reply.filter((each) => String(each).startsWith('page-'))
    expect([...names].sort()).toEqual(['page-longer', 'page-lost', 'page-short', 'page-young'])
    expect(Number(reply[reply.indexOf('page-longer') + 1])).toBeGreaterThan(800_000)
  })
})

describe('claim-page.lua, settle-page.lua and lift-target.lua', () => {
  it('give one claim at a time, which only its owner gives back', async () => {
    expect(await raw('claim-page', [page], 'one', 30_000)).toEqual(['claimed', 30_000])
    expect(await raw('claim-page', [page], 'two', 30_000)).toEqual(['probing', expect.any(Number)])
    expect(await raw('settle-page', [page], 'two', 0)).toBe(0)
    expect(await raw('settle-page', [page], 'one', 0)).toBe(1)
    expect(await raw('claim-page', [page], 'two', 30_000)).toEqual(['claimed', 30_000])
  })

  it('remember a good page for its time, until its hold is lifted', async () => {
    expect(await raw('settle-page', [page], '', 60_000)).toBe(1)
    expect(await raw('claim-page', [page], 'one', 30_000)).toEqual(['passed', expect.any(Number)])
    expect(await redis.pttl(page)).toBeGreaterThan(50_000)
    expect(await raw('lift-target', [key, page], 'page-a')).toBe(0)
    expect(await raw('claim-page', [page], 'one', 30_000)).toEqual(['claimed', 30_000])
    await hold('page-a', 10_000)
    expect(await raw('lift-target', [key, page], 'page-a')).toBe(1)
    expect(await read()).toEqual([])
  })
})
