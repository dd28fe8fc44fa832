import { randomUUID } from 'node:crypto'
import { connectRedis, readScript, runScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { type SimulatedServer, simulateLua } from '../testing/simulated-lua.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'tally-scripts-test' })
/** Longer than a pause of the machine in the middle of a test. */
const MINUTE_MS = 60_000
let keys: [string, string, string] = ['', '', '']
let server: SimulatedServer
let simulated: ReturnType<typeof simulateLua>

beforeEach(() => {
  const at = `test-${randomUUID()}`
  keys = [`${at}:tally`, `${at}:tallied`, `${at}:tallying`]
  server = { nowUs: 1_750_000_000_000_000, runId: 'a1' }
  simulated = simulateLua(redis, server)
})
afterAll(() => redis.disconnect())

const raw = (name: string, names: readonly string[], ...args: (string | number)[]) =>
  runScript(redis, readScript(name, new URL('..', import.meta.url).href), names, args)
const begin = (token: string, keep = '0') => simulated('begin-tally', keys.slice(0, 2), [token, 1_000, keep])
const finish = (token: string, ...said: (string | number)[]) =>
  simulated('finish-tally', keys.slice(0, 2), [token, server.runId, ...said])
const reserve = (item: string, limit = 2) => simulated('reserve-count', keys, [item, limit, 1_000])
const count = (item: string) => raw('count-one', keys.slice(1), item)
const load = async () => {
  await begin('t')
  expect(await finish('t')).toBe(1)
}

describe('the scripts of a count', () => {
  it('run as they are on a real server', async () => {
    expect(await raw('reserve-count', keys, 'a', 2, MINUTE_MS)).toEqual(['missing'])
    const [kind, runId] = (await raw('begin-tally', keys.slice(0, 2), 't', MINUTE_MS, '0')) as [
      string,
      string,
    ]
    expect([kind, runId]).toEqual(['begun', expect.stringMatching(/^[0-9a-f]{40}$/)])
    expect(await raw('finish-tally', keys.slice(0, 2), 't', runId, 'said', 5, 'said_ours', 4)).toBe(1)
    expect(await raw('begin-tally', keys.slice(0, 2), 't', MINUTE_MS, '0')).toEqual(['loaded'])
    expect(await raw('reserve-count', keys, 'a', 9, MINUTE_MS)).toEqual(['reserved'])
    expect(await raw('count-one', keys.slice(1), 'a')).toBe(1)
    expect(await raw('count-one', keys.slice(1), 'a')).toBe(0)
    expect(await raw('say-count', keys, 7, 1)).toEqual([1, 1])
    expect(await raw('say-count', keys, 6, 2)).toEqual([0, 1])
    expect(await raw('read-tally', keys.slice(0, 2))).toEqual([1, 1, 7, '7', '1', '1', '', ''])
    expect(await raw('say-full', keys.slice(0, 2), 3)).toEqual([1, 7])
    expect(await raw('say-full', keys.slice(0, 2), 4)).toEqual([0, 7])
    expect(await raw('reserve-count', keys, 'b', 9, MINUTE_MS)).toEqual(['full', 7, 1])
    expect(await raw('reserve-count', keys, 'a', 9, MINUTE_MS)).toEqual(['known'])
  })

  it('reserve up to the limit, and again when a reservation ended with its worker', async () => {
    await load()
    expect([await reserve('a'), await reserve('b'), await reserve('a')]).toEqual(Array(3).fill(['reserved']))
    expect(await reserve('c')).toEqual(['busy'])
    server.nowUs += 1_001_000
    expect(await reserve('c')).toEqual(['reserved'])
    await count('c')
    await count('d')
    expect(await reserve('e')).toEqual(['full', 2, 0])
    expect(await reserve('d')).toEqual(['known'])
  })

  it('let one process bring the ledger at a time, and the next one when that died', async () => {
    expect(await begin('one')).toEqual(['begun', 'a1'])
    expect(await begin('two')).toEqual(['busy'])
    expect(await begin('one', '1')).toEqual(['begun', 'a1'])
    server.nowUs += 1_001_000
    expect(await begin('two')).toEqual(['begun', 'a1'])
    expect(await begin('one', '1')).toEqual(['busy'])
    expect(await finish('one')).toBe(0)
    expect(await finish('two')).toBe(1)
  })

  it('do not call a count whole that was lost, or restored, while it was brought', async () => {
    await begin('one')
    await redis.del(keys[0])
    expect(await begin('one', '1')).toEqual(['busy'])
    expect(await finish('one')).toBe(0)
    await begin('one')
    server.runId = 'b2'
    expect(await begin('one', '1')).toEqual(['busy'])
    expect(await finish('one')).toBe(0)
    expect(await reserve('a')).toEqual(['missing'])
  })

  it('know that the set alone was lost, whole or while it was brought', async () => {
    await load()
    await count('a')
    await redis.del(keys[1])
    expect(await reserve('b')).toEqual(['missing'])
    expect(await simulated('say-count', keys, [7, 1])).toEqual([0, 0])
    await count('c')
    expect(await reserve('b')).toEqual(['missing'])
    expect(await simulated('read-tally', keys.slice(0, 2), [])).toMatchObject({ 0: 0 })
    await begin('one')
    await redis.del(keys[1])
    await count('a')
    expect(await begin('one', '1')).toEqual(['busy'])
    expect(await finish('one')).toBe(0)
    await begin('one')
    expect(await finish('one')).toBe(1)
    expect(await simulated('read-tally', keys.slice(0, 2), [])).toMatchObject({ 0: 1, 1: 1 })
  })

  it('keep what WeChat has said since', async () => {
    await begin('one')
    await redis.hset(keys[0], 'said', 9, 'said_ours', 8)
    expect(await finish('one', 'said', 5, 'said_ours', 5, 'full_at', 3)).toBe(1)
    expect(await redis.hmget(keys[0], 'said', 'said_ours', 'full_at')).toEqual(['9', '8', '3'])
  })
})
