import { randomUUID } from 'node:crypto'
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type Clock,
  type ClosedCode,
  DEFAULT_LOOK,
  type Generation,
  type PublishedEvent,
  type RefusedEvent,
  type Unnumbered,
} from '@sunpress/core'
import { appKeys, connectRedis, createLeases, describeServer } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { NO_PROGRESS, outstandingOf } from './campaign-fields.js'
import { createFeedIndex } from './feed-index.js'
import type { Leadership } from './feed-port.js'
import { createSceneFeed } from './scene-feed.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'feed-test' })
const { runId } = await describeServer(redis)
afterAll(async () => {
  await redis.quit()
})

const app = 'wx0123456789abcdef' as AppId
const generation = 'G1' as Generation
let atMs = 0
const clock: Clock = { now: () => 0, monotonic: () => atMs, sleep: async () => {} }
let namespace = ''
let leader: Leadership
let id: CampaignId
let nextId = 0

const feed = () => createSceneFeed({ redis, namespace, clock })
const index = () => createFeedIndex({ redis, namespace })
const code = {} as ClosedCode

const record = (changes: Partial<CampaignRecord> = {}): CampaignRecord => ({
  v: 1,
  id,
  app,
  name: 'stores',
  priority: 5,
  look: { ...DEFAULT_LOOK, page: 'pages/index/index' },
  badRows: 'refuse',
  source: { kind: 'scenes' },
  total: 20,
  skipped: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...changes,
})

const scene = (at: number, under = generation) => ({ app, campaign: id, generation: under, index: at })
const published = (at: number, reused = false) =>
  ({ id: `${id}.${at}`, type: 'code.published', index: at, reused }) as Unnumbered<PublishedEvent>
const refused = (at: number) =>
  ({ id: `${id}.${at}`, type: 'code.refused', index: at }) as Unnumbered<RefusedEvent>
const publish = (at: number, reused = false, under = generation) =>
  feed().publish(scene(at, under), code, published(at, reused))

/** An index of one generation with an open campaign in it, as a leader leaves it. */
beforeEach(async () => {
  namespace = `t-${randomUUID()}`
  id = `01HF00000000000000000000${String(10 + nextId++)}` as CampaignId
  const fence = await createLeases(redis).claim(appKeys(namespace, app), 'me', 60_000)
  leader = { app, generation, fence: fence ?? 0 }
  await index().beginRebuild(app, leader.fence)
  await index().finishRebuild(app, leader.fence, generation, runId)
  await index().open(generation, record())
})

describe('publishing', () => {
  it('numbers rows 1, 2, 3 and counts each outcome', async () => {
    expect(await publish(3)).toBe('published')
    expect(await publish(1, true)).toBe('published')
    expect(await feed().refuse(scene(2), refused(2))).toBe('published')
    const entries = await index().readEntries(app, '', 10)
    expect(entries.map((entry) => JSON.parse(entry.line)).map(({ index: at, n }) => [at, n])).toEqual([
      [3, 1],
      [1, 2],
      [2, 3],
    ])
    const campaign = await index().readCampaign(app, id)
    expect(campaign?.counts).toEqual({
      total: 20,
      published: 2,
      reused: 1,
      refused: 1,
      cancelled: 0,
      pending: 17,
      skipped: 0,
    })
  })

  it('happens once, whoever repeats it', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => publish(5)))
    expect(answers.filter((answer) => answer === 'published')).toHaveLength(1)
    expect(await feed().refuse(scene(5), refused(5))).toBe('done')
    expect(await index().readEntries(app, '', 100)).toHaveLength(1)
  })

  it('changes nothing under another generation or none', async () => {
    expect(await publish(5, false, 'G0' as Generation)).toBe('rebuild')
    await redis.del(appKeys(namespace, app).generation)
    expect(await publish(5)).toBe('rebuild')
    expect(await index().readEntries(app, '', 10)).toEqual([])
  })

  it('changes nothing for a campaign that the index does not hold, that is cancelled, or that is finished', async () => {
    await index().control(app, generation, id, { seq: 1, state: 'cancelled' })
    expect(await publish(5)).toBe('cancelled')
    await index().finish(leader, id, { state: 'completed', finishedAt: 'now' })
    expect(await publish(5)).toBe('done')
    id = '01HF0000000000000000000ZZZ' as CampaignId
    expect(await publish(5)).toBe('unknown')
  })
})

describe('the standing of a scene', () => {
  it('is open, then done', async () => {
    expect(await feed().check(scene(5))).toBe('open')
    await publish(5)
    expect(await feed().check(scene(5))).toBe('done')
  })

  it('is told by no index that another run of the server has left behind', async () => {
    const { builtOn } = appKeys(namespace, app)
    await redis.set(builtOn, 'the run before')
    expect([await feed().check(scene(5)), await feed().recheck(scene(5))]).toEqual(['rebuild', 'rebuild'])
    await redis.del(builtOn)
    expect(await feed().check(scene(5))).toBe('rebuild')
    await redis.set(builtOn, runId)
    expect(await feed().check(scene(5))).toBe('open')
  })

  it('follows pause, resume and cancel in the order of the log', async () => {
    const control = (seq: number, state: 'running' | 'paused' | 'cancelled') =>
      index().control(app, generation, id, { seq, state })
    expect(await control(1, 'paused')).toBe('applied')
    expect(await feed().check(scene(5))).toBe('paused')
    expect(await control(3, 'running')).toBe('applied')
    expect(await control(2, 'paused')).toBe('older')
    expect(await feed().check(scene(5))).toBe('open')
    expect(await control(4, 'cancelled')).toBe('applied')
    expect(await control(5, 'running')).toBe('final')
    expect(await feed().check(scene(5))).toBe('cancelled')
    expect((await index().readCampaign(app, id))?.counts).toMatchObject({ cancelled: 20, pending: 0 })
  })

  it('is cancelled by a cancel that comes after a later command: it stood in the log before', async () => {
    await index().control(app, generation, id, { seq: 2, state: 'paused' })
    expect(await index().control(app, generation, id, { seq: 1, state: 'cancelled' })).toBe('applied')
    expect(await feed().check(scene(5))).toBe('cancelled')
    expect(await index().control(app, generation, id, { seq: 3, state: 'running' })).toBe('final')
  })

  it('is done, not cancelled, when nothing was pending', async () => {
    for (let at = 0; at < 20; at++) await publish(at)
    expect(await index().control(app, generation, id, { seq: 1, state: 'cancelled' })).toBe('final')
    expect((await index().readCampaign(app, id))?.counts).toMatchObject({ published: 20, cancelled: 0 })
  })

  it('is closed outside of its campaign’s window, by Redis’s own clock, and what is in flight is published', async () => {
    id = '01HF0000000000000000000XXX' as CampaignId
    const window = { from: '22:00', to: '06:00', timeZone: 'UTC' } as never
    await index().open(generation, record({ window }))
    expect(await feed().check(scene(5))).toBe('closed')
    const inMs = async (ms: number) => {
      const [s = 0, us = 0] = (await redis.time()).map(Number)
      return s * 1_000 + Math.floor(us / 1_000) + ms
    }
    await index().noteWindow(leader, id, await inMs(60_000))
    expect(await feed().check(scene(5))).toBe('open')
    await publish(5)
    expect(await feed().check(scene(5))).toBe('done')
    await index().noteWindow(leader, id, await inMs(-1))
    expect([await feed().check(scene(5)), await feed().recheck(scene(5))]).toEqual(['closed', 'closed'])
    expect(await publish(6)).toBe('published')
  })

  it('is looked at again before the call from knowledge no older than a second', async () => {
    const one = feed()
    expect(await one.recheck(scene(5))).toBe('open')
    await index().control(app, generation, id, { seq: 1, state: 'paused' })
    expect(await one.recheck(scene(6))).toBe('open')
    atMs += 1_000
    expect(await one.recheck(scene(6))).toBe('paused')
  })

  it('is known for each generation by itself: a job of an older one does not answer for today', async () => {
    const one = feed()
    expect(await one.recheck(scene(5, 'G0' as Generation))).toBe('rebuild')
    expect(await one.recheck(scene(5))).toBe('open')
  })
})

describe('leadership', () => {
  it('loses its say with its fencing number and with its generation', async () => {
    const keys = appKeys(namespace, app)
    await redis.del(keys.lease)
    await createLeases(redis).claim(keys, 'another', 60_000)
    const step = { from: 0, to: 5, fed: 5 }
    expect(await index().advanceCursor(leader, id, step)).toBe('fenced')
    expect(await index().closeRows(leader, id, 1, '')).toBe('fenced')
    expect(await index().finish(leader, id, { state: 'completed', finishedAt: '' })).toBe('fenced')
    expect(await index().beginRebuild(app, leader.fence)).toBe('fenced')
    expect(await index().forgetCampaign(app, leader.fence, id)).toBe('fenced')
    expect(await index().finishRebuild(app, leader.fence, generation, 'r')).toBe('fenced')
    await redis.del(keys.generation)
    expect(await index().advanceCursor(leader, id, step)).toBe('rebuild')
  })

  it('advances the cursor from where it was read', async () => {
    expect(await index().advanceCursor(leader, id, { from: 0, to: 8, fed: 7 })).toBe('advanced')
    expect(await index().advanceCursor(leader, id, { from: 0, to: 9, fed: 9 })).toBe('moved')
    await publish(1)
    const campaign = await index().readCampaign(app, id)
    expect(campaign).toMatchObject({ cursor: 8, fed: 7 })
    expect(campaign === null ? null : outstandingOf(campaign)).toBe(6)
  })

  it('trims the stream up to what is closed, and no further', async () => {
    await publish(1)
    await publish(2)
    await publish(3)
    const [, second] = await index().readEntries(app, '', 10)
    expect(await index().closeRows(leader, id, 1, second?.streamId ?? '')).toBe('closed')
    expect((await index().readEntries(app, '', 10)).map(({ n }) => n)).toEqual([2, 3])
    expect(await index().readCampaign(app, id)).toMatchObject({ closed: 1, n: 3 })
  })
})

describe('soundness', () => {
  it('is lost with the bits, and with the stream while rows are in no closed part', async () => {
    const keys = appKeys(namespace, app)
    await publish(1)
    expect(await index().isSound(app, id)).toBe(true)
    await redis.rename(keys.feed, `${keys.feed}-away`)
    expect(await index().isSound(app, id)).toBe(false)
    await index().closeRows(leader, id, 1, '')
    expect(await index().isSound(app, id)).toBe(true)
    await redis.del(keys.bits(id))
    expect(await index().isSound(app, id)).toBe(false)
  })
})

describe('rebuilding', () => {
  it('takes the generation away first and names it last', async () => {
    await index().beginRebuild(app, leader.fence)
    expect(await feed().check(scene(1))).toBe('rebuild')
    const bits = Buffer.from([0b0100_0000])
    const progress = { ...NO_PROGRESS, state: 'paused', published: 1, closed: 1, control: 4 } as const
    expect(await index().loadCampaign(app, leader.fence, record(), progress, bits)).toBe('loaded')
    expect(await feed().check(scene(1))).toBe('rebuild')
    const next = 'G2' as Generation
    await index().finishRebuild(app, leader.fence, next, runId)
    expect(await index().readGeneration(app)).toEqual({ generation: next, builtOn: runId })
    expect(await index().readCampaign(app, id)).toMatchObject({
      state: 'paused',
      n: 1,
      closed: 1,
      base: 1,
      rebuilt: true,
      control: 4,
    })
    await index().control(app, next, id, { seq: 5, state: 'running' })
    expect(await feed().check(scene(1, next))).toBe('done')
    expect(await publish(2, false, next)).toBe('published')
    const [entry] = await index().readEntries(app, '', 10)
    expect(entry?.n).toBe(2)
  })
})

describe('forgetting', () => {
  it('takes a campaign out of an index that is being rebuilt, and out of no other', async () => {
    expect(await index().forgetCampaign(app, leader.fence, id)).toBe('fenced')
    await index().beginRebuild(app, leader.fence)
    expect((await index().readOpen(app)).map((campaign) => campaign.id)).toEqual([id])
    expect(await index().forgetCampaign(app, leader.fence, id)).toBe('forgotten')
    expect(await index().readOpen(app)).toEqual([])
    expect(await index().readCampaign(app, id)).toBeNull()
  })
})

describe('unset bits', () => {
  it('are found in order, bounded, across the whole bitmap', async () => {
    id = '01HF0000000000000000000YYY' as CampaignId
    await index().open(generation, record({ total: 200_000 }))
    for (const at of [0, 1, 9, 150_000]) await publish(at)
    const find = (from: number, limit: number) => index().unsetBits(app, id, { from, below: 200_000, limit })
    expect(await find(0, 9)).toEqual([2, 3, 4, 5, 6, 7, 8, 10, 11])
    expect(await find(149_999, 3)).toEqual([149_999, 150_001, 150_002])
    expect(await find(199_998, 10)).toEqual([199_998, 199_999])
    expect((await find(0, 300_000)).length).toBe(199_996)
  })
})
