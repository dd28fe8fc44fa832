import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { connectRedis } from './connection.js'
import { createLeases } from './lease.js'
import { readScript, runScript } from './script.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'lease-test' })
const leases = createLeases(redis)
let keys = { lease: '', fence: '' }
const MINUTE_MS = 60_000

beforeEach(() => {
  const at = `test-${randomUUID()}`
  keys = { lease: `${at}:lease`, fence: `${at}:fence` }
})
afterAll(() => {
  redis.disconnect()
})

describe('a lease', () => {
  it('belongs to one holder, who keeps the number as long as he keeps the lease', async () => {
    const fence = await leases.claim(keys, 'one', MINUTE_MS)
    expect(fence).toBeGreaterThan(0)
    expect(await leases.claim(keys, 'two', MINUTE_MS)).toBeNull()
    expect(await leases.claim(keys, 'one', MINUTE_MS)).toBe(fence)
  })

  it('is one winner for many who claim at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => leases.claim(keys, `h${i}`, MINUTE_MS)),
    )
    expect(all.filter((fence) => fence !== null)).toHaveLength(1)
  })

  it('is prolonged by its holder only', async () => {
    await leases.claim(keys, 'one', 20_000)
    await leases.claim(keys, 'two', 10 * MINUTE_MS)
    expect(await redis.pttl(keys.lease)).toBeLessThanOrEqual(20_000)
    await leases.claim(keys, 'one', 10 * MINUTE_MS)
    expect(await redis.pttl(keys.lease)).toBeGreaterThan(9 * MINUTE_MS)
  })

  it('gives a greater number to whoever comes later', async () => {
    const first = await leases.claim(keys, 'one', MINUTE_MS)
    await redis.del(keys.lease)
    const second = await leases.claim(keys, 'two', MINUTE_MS)
    await redis.del(keys.lease)
    const third = await leases.claim(keys, 'one', MINUTE_MS)
    expect(second).toBeGreaterThan(first ?? Infinity)
    expect(third).toBeGreaterThan(second ?? Infinity)
  })

  it('gives greater numbers even after Redis lost the counter', async () => {
    const before = (await leases.claim(keys, 'one', MINUTE_MS)) ?? Infinity
    const later = await redis.time().then(([s, us]) => Number(s) * 1_000 + Number(us) / 1_000)
    for (;;) {
      const [s, us] = await redis.time()
      if (Number(s) * 1_000 + Number(us) / 1_000 > later + 2) break
    }
    await redis.del(keys.lease, keys.fence)
    expect(await leases.claim(keys, 'two', MINUTE_MS)).toBeGreaterThan(before)
  })

  it('is given back by its holder only', async () => {
    await leases.claim(keys, 'one', MINUTE_MS)
    await leases.release(keys, 'two')
    expect(await leases.claim(keys, 'two', MINUTE_MS)).toBeNull()
    await leases.release(keys, 'one')
    expect(await leases.claim(keys, 'two', MINUTE_MS)).not.toBeNull()
  })

  it('is not confused by holders whose names begin alike', async () => {
    await leases.claim(keys, 'host-1', MINUTE_MS)
    await leases.release(keys, 'host-11')
    await leases.release(keys, 'host')
    expect(await leases.claim(keys, 'host-11', MINUTE_MS)).toBeNull()
  })

  it('frees itself when its holder is gone', async () => {
    await leases.claim(keys, 'one', 1)
    let fence: number | null = null
    while (fence === null) fence = await leases.claim(keys, 'two', MINUTE_MS)
    expect(fence).toBeGreaterThan(0)
  })

  it('answers its scripts as their heads say', async () => {
    const claim = readScript('claim-lease', import.meta.url)
    const release = readScript('release-lease', import.meta.url)
    expect(await runScript(redis, claim, [keys.lease, keys.fence], ['one', MINUTE_MS])).toBeTypeOf('number')
    expect(await runScript(redis, claim, [keys.lease, keys.fence], ['two', MINUTE_MS])).toBe(0)
    expect(await runScript(redis, release, [keys.lease], ['two'])).toBe(0)
    expect(await runScript(redis, release, [keys.lease], ['one'])).toBe(1)
    expect(await redis.pttl(keys.fence)).toBe(-1)
  })
})
