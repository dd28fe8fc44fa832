/** Raw runs of park-scene.lua beside publish.lua, against a real Redis. */
import { randomUUID } from 'node:crypto'
import type { AppId, CampaignId, ClosedCode, Generation, PublishedEvent, Unnumbered } from '@sunpress/core'
import { appKeys, connectRedis, readScript, runScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createSceneFeed } from './scene-feed.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'park-test' })
afterAll(async () => {
  await redis.quit()
})

const app = 'wx0123456789abcdef' as AppId
const id = '01HF0000000000000000000001' as CampaignId
const script = readScript('park-scene', import.meta.url)
let namespace = ''
let keys: ReturnType<typeof appKeys>

beforeEach(async () => {
  namespace = `t-${randomUUID()}`
  keys = appKeys(namespace, app)
  await redis.set(keys.generation, 'G1')
  await redis.hset(keys.campaign(id), { state: 'running', total: 20, fed: 20, n: 0, base: 0 })
})

const park = (index: number, generation = 'G1') =>
  runScript(
    redis,
    script,
    [keys.generation, keys.campaign(id), keys.bits(id), keys.parked(id)],
    [generation, index],
  )
const publish = (index: number) =>
  createSceneFeed({
    redis,
    namespace,
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
  }).publish(
    { app, campaign: id, generation: 'G1' as Generation, index },
    {} as ClosedCode,
    { type: 'code.published', index } as Unnumbered<PublishedEvent>,
  )
const parked = async () => [
  Number(await redis.hget(keys.campaign(id), 'parked')),
  await redis.bitcount(keys.parked(id)),
]

describe('parking', () => {
  it('sets a scene aside, once however often it is asked', async () => {
    expect([await park(3), await park(3), await park(19)]).toEqual(['parked', 'parked', 'parked'])
    expect(await parked()).toEqual([2, 2])
    expect(await redis.getbit(keys.parked(id), 3)).toBe(1)
  })

  it('leaves the scene undone: its bit and the rows stay as they were', async () => {
    await park(3)
    expect(await redis.exists(keys.bits(id), keys.feed)).toBe(0)
    expect(await redis.hget(keys.campaign(id), 'n')).toBe('0')
  })

  it('is over when the scene ends all the same, by a job that came twice', async () => {
    await park(3)
    await park(4)
    expect(await publish(3)).toBe('published')
    expect(await publish(5)).toBe('published')
    expect(await parked()).toEqual([1, 1])
    expect(await park(3)).toBe('done')
    expect(await parked()).toEqual([1, 1])
  })

  it('begins anew after a rebuild: a bitmap that nobody counts is of an older generation', async () => {
    await park(3)
    await redis.hdel(keys.campaign(id), 'parked')
    expect(await park(3)).toBe('parked')
    expect(await parked()).toEqual([1, 1])
  })

  it('changes nothing under another generation, for an unknown campaign, or for one that has ended', async () => {
    expect(await park(3, 'G0')).toBe('rebuild')
    for (const [state, answer] of [
      ['cancelled', 'cancelled'],
      ['completed', 'done'],
      ['failed', 'done'],
      ['paused', 'parked'],
    ] as const) {
      await redis.hset(keys.campaign(id), { state })
      expect(await park(7)).toBe(answer)
    }
    expect(await parked()).toEqual([1, 1])
    await redis.del(keys.campaign(id))
    expect(await park(3)).toBe('unknown')
  })

  it('is what the feed does for a scene', async () => {
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
    const feed = createSceneFeed({ redis, namespace, clock })
    const scene = { app, campaign: id, generation: 'G1' as Generation, index: 12 }
    expect(await feed.park(scene)).toBe('parked')
    expect(await redis.getbit(keys.parked(id), 12)).toBe(1)
  })
})
