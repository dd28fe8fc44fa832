/** Raw runs of load-bits.lua, and whole campaigns through it, against a real Redis. */
import { randomBytes, randomUUID } from 'node:crypto'
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  DEFAULT_LOOK,
  type Generation,
} from '@sunpress/core'
import { appKeys, connectRedis, describeServer, readScript, runScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { NO_PROGRESS } from './campaign-fields.js'
import { createFeedIndex } from './feed-index.js'
import { SLICE_BYTES } from './load-bits.js'
import { createSceneFeed } from './scene-feed.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'load-bits-test' })
afterAll(async () => {
  await redis.quit()
})

const app = 'wx0123456789abcdef' as AppId
const id = '01HF0000000000000000000001' as CampaignId
const generation = 'G1' as Generation
const fence = 7
const script = readScript('load-bits', import.meta.url)
let namespace = ''
let keys: ReturnType<typeof appKeys>

beforeEach(async () => {
  namespace = `t-${randomUUID()}`
  keys = appKeys(namespace, app)
  await redis.set(keys.fence, fence)
})

const load = (at: number, slice: string, changes: { generation?: string; fence?: number } = {}) => {
  const as = { generation: '', fence, ...changes }
  const named = [keys.generation, keys.fence, keys.bits(id), keys.open]
  return runScript(redis, script, named, [as.generation, as.fence, id, at, Buffer.from(slice)])
}
const bits = () => redis.get(keys.bits(id))

describe('a slice of bits', () => {
  it('goes to its place', async () => {
    expect([await load(0, 'abcd'), await load(4, 'ef')]).toEqual(['loaded', 'loaded'])
    expect(await bits()).toBe('abcdef')
  })

  it('that is the first begins anew, and an empty one leaves nothing', async () => {
    for (const [at, slice] of [
      [0, 'abcd'],
      [4, 'efgh'],
      [0, 'xy'],
    ] as const)
      await load(at, slice)
    expect(await bits()).toBe('xy')
    await load(0, '')
    expect(await redis.exists(keys.bits(id))).toBe(0)
  })

  it('is written in the middle of a rebuild only by who leads, and never behind one', async () => {
    await load(0, 'abcd')
    expect(await load(0, 'zzzz', { fence: fence - 1 })).toBe('fenced')
    await redis.set(keys.generation, generation)
    expect(await load(0, 'zzzz')).toBe('fenced')
    expect(await bits()).toBe('abcd')
  })

  it('is written for a campaign that is opened again only by who leads, in a generation that stands', async () => {
    await redis.set(keys.generation, generation)
    expect(await load(0, 'abcd', { generation })).toBe('loaded')
    expect(await load(0, 'zzzz', { generation, fence: fence - 1 })).toBe('fenced')
    expect(await load(0, 'zzzz', { generation: 'G0' })).toBe('rebuild')
    await redis.zadd(keys.open, 0, id)
    expect(await load(0, 'zzzz', { generation })).toBe('there')
    await redis.del(keys.generation)
    expect(await load(0, 'zzzz', { generation })).toBe('rebuild')
    expect(await bits()).toBe('abcd')
  })
})

describe('a campaign of many slices', () => {
  const index = () => createFeedIndex({ redis, namespace })
  const some = randomBytes(2 * SLICE_BYTES + 5)
  const record = {
    ...{ v: 1, id, app, name: 'stores', priority: 5, badRows: 'refuse', source: { kind: 'range' } },
    ...{ look: { ...DEFAULT_LOOK, page: 'pages/index/index' }, total: some.length * 8, skipped: 0 },
    createdAt: '2026-01-01T00:00:00.000Z',
  } as const satisfies CampaignRecord
  const check = (at: number) => {
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
    return createSceneFeed({ redis, namespace, clock }).check({ app, campaign: id, generation, index: at })
  }
  const hasAll = async () => (await redis.getBuffer(keys.bits(id)))?.equals(some)

  it('is loaded whole, over what an earlier leader had begun with', async () => {
    await load(0, 'x'.repeat(10))
    await load(3 * SLICE_BYTES, 'behind the end of it')
    expect(await index().loadCampaign(app, fence - 1, record, NO_PROGRESS, some)).toBe('fenced')
    expect(await index().readOpen(app)).toEqual([])
    expect(await index().loadCampaign(app, fence, record, NO_PROGRESS, some)).toBe('loaded')
    expect(await hasAll()).toBe(true)
    expect((await index().readOpen(app)).map((one) => one.id)).toEqual([id])
  })

  it('doesn’t count while only some of its slices are there', async () => {
    await load(0, 'x'.repeat(10))
    expect(await index().readOpen(app)).toEqual([])
    expect(await check(0)).toBe('rebuild')
    await redis.set(keys.generation, generation)
    await redis.set(keys.builtOn, (await describeServer(redis)).runId)
    expect(await check(0)).toBe('unknown')
    expect(await index().readCampaign(app, id)).toBeNull()
  })

  it('is opened again whole, and left alone once it is open', async () => {
    await redis.set(keys.generation, generation)
    const leader = { app, generation, fence }
    expect(await index().reopen(leader, record, NO_PROGRESS, some)).toBe('reopened')
    expect(await index().reopen(leader, record, NO_PROGRESS, Buffer.alloc(9))).toBe('there')
    expect(await hasAll()).toBe(true)
  })
})
