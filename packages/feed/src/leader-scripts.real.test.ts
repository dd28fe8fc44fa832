import { randomUUID } from 'node:crypto'
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
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
const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
let namespace = ''
let leader: Leadership
let nextId = 0
let id: CampaignId

const index = () => createFeedIndex({ redis, namespace })
const feed = () => createSceneFeed({ redis, namespace, clock })
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
const scene = (at: number) => ({ app, campaign: id, generation, index: at })
const found = (at: number, reused = true) => ({
  index: at,
  event: { id: `${id}.${at}`, index: at, reused } as unknown as Unnumbered<PublishedEvent>,
})
const refuse = (at: number) =>
  feed().refuse(scene(at), { id: `${id}.${at}`, type: 'code.refused', index: at } as Unnumbered<RefusedEvent>)
const standing = () => index().readCampaign(app, id)
const bit = (at: number) => redis.getbit(appKeys(namespace, app).bits(id), at)

beforeEach(async () => {
  namespace = `t-${randomUUID()}`
  id = `01HF00000000000000000001${String(10 + nextId++)}` as CampaignId
  const fence = await createLeases(redis).claim(appKeys(namespace, app), 'me', 60_000)
  leader = { app, generation, fence: fence ?? 0 }
  await index().beginRebuild(app, leader.fence)
  await index().finishRebuild(app, leader.fence, generation, runId)
  await index().open(generation, record())
})

describe('a leader', () => {
  const batch = { seq: 1, first: 0, next: null, indexes: [2] }
  it.each<[string, (as: Leadership) => Promise<unknown>]>([
    ['publishes', (as) => index().publishMany(as, id, [found(1)])],
    ['begins a last round', (as) => index().beginLastRound(as, id)],
    ['lets refused scenes print again', (as) => index().clearRefused(as, id, batch)],
    ['notes until when a window is open', (as) => index().noteWindow(as, id, 7)],
    ['notes a rate', (as) => index().noteRate(as, id, 7)],
    ['opens a campaign again', (as) => index().reopen(as, record(), NO_PROGRESS, Buffer.alloc(3))],
    ['goes by what the index says', (as) => index().confirm(as)],
  ])('%s only while it leads, in a generation that stands', async (_, step) => {
    await refuse(2)
    await feed().park(scene(3))
    const before = await redis.hgetall(appKeys(namespace, app).campaign(id))
    expect(await step({ ...leader, fence: leader.fence - 1 })).toBe('fenced')
    expect(await step({ ...leader, generation: 'G0' as Generation })).toBe('rebuild')
    expect(await redis.hgetall(appKeys(namespace, app).campaign(id))).toEqual(before)
    expect([await bit(1), await bit(2)]).toEqual([0, 1])
  })
})

it('an index that another run of the server has left behind is not confirmed', async () => {
  expect(await index().confirm(leader)).toBe('confirmed')
  await redis.set(appKeys(namespace, app).builtOn, 'the run before')
  expect(await index().confirm(leader)).toBe('rebuild')
})

describe('a campaign in the index', () => {
  it('says how many rows bring pages of their own, and none where nobody has counted them', async () => {
    expect(await standing()).toMatchObject({ ownPages: 0 })
    const counted = record({ id: '01HF000000000000000000020A' as CampaignId, ownPages: 7 })
    await index().open(generation, counted)
    expect(await index().readCampaign(app, counted.id)).toMatchObject({ ownPages: 7 })
  })

  it.each([[['1', '2']], [['1', 'state', 'completed']], ['many'], [0.5], [null]])(
    'takes %j in its campaign.json for no count',
    async (ownPages) => {
      const damaged = { ownPages } as object
      const wrong = record({ ...damaged, id: '01HF000000000000000000020B' as CampaignId })
      await index().open(generation, wrong)
      expect(await index().readCampaign(app, wrong.id)).toMatchObject({ state: 'running', ownPages: 0 })
    },
  )
})

describe('publishing many', () => {
  it('numbers their rows on, counts them, and passes over those that are done', async () => {
    await refuse(0)
    expect(await index().publishMany(leader, id, [found(4), found(0), found(5, false)])).toBe(2)
    const entries = await index().readEntries(app, '', 10)
    expect(entries.map(({ n, line }) => [n, JSON.parse(line).index, JSON.parse(line).n])).toEqual([
      [1, 0, 1],
      [2, 4, 2],
      [3, 5, 3],
    ])
    expect(await standing()).toMatchObject({
      n: 3,
      counts: { published: 2, reused: 1, refused: 1, pending: 17 },
    })
    expect(await index().isSound(app, id)).toBe(true)
  })

  it('takes a scene out of those that were parked', async () => {
    await feed().park(scene(4))
    await feed().park(scene(6))
    expect(await index().publishMany(leader, id, [found(4)])).toBe(1)
    expect(await standing()).toMatchObject({ parked: 1 })
  })

  it('counts for nothing in what another run of the server has left behind', async () => {
    await redis.set(appKeys(namespace, app).builtOn, 'the run before')
    expect(await index().publishMany(leader, id, [found(4)])).toBe('rebuild')
    expect([await bit(4), await index().feedLength(app)]).toEqual([0, 0])
  })

  it.each(['paused', 'cancelled'] as const)('changes nothing in a campaign that is %s', async (state) => {
    await index().control(app, generation, id, { seq: 1, state })
    expect(await index().publishMany(leader, id, [found(4)])).toBe('halted')
    expect(await bit(4)).toBe(0)
  })
})

describe('parked scenes', () => {
  it('are left out of the unset bits, and out of what is outstanding, until their last round', async () => {
    await index().advanceCursor(leader, id, { from: 0, to: 6, fed: 6 })
    for (const at of [1, 4]) await feed().park(scene(at))
    const range = { from: 0, below: 6, limit: 10 }
    expect(await index().unsetBits(app, id, { ...range, unparked: true })).toEqual([0, 2, 3, 5])
    expect(await index().unsetBits(app, id, range)).toEqual([0, 1, 2, 3, 4, 5])
    const parked = await standing()
    expect(parked === null ? 0 : outstandingOf(parked)).toBe(4)
    expect(await index().beginLastRound(leader, id)).toBe('begun')
    expect(await standing()).toMatchObject({ parked: 0, lastRound: true })
    expect(await index().unsetBits(app, id, { ...range, unparked: true })).toHaveLength(6)
  })

  it('may be set aside anew when the cursor goes on behind a last round', async () => {
    await index().advanceCursor(leader, id, { from: 0, to: 6, fed: 6 })
    await feed().park(scene(1))
    await index().beginLastRound(leader, id)
    expect(await index().advanceCursor(leader, id, { from: 5, to: 9, fed: 4 })).toBe('moved')
    expect(await standing()).toMatchObject({ lastRound: true })
    expect(await index().advanceCursor(leader, id, { from: 6, to: 9, fed: 3 })).toBe('advanced')
    expect(await standing()).toMatchObject({ lastRound: false, cursor: 9, fed: 9 })
  })

  it('go with their campaign', async () => {
    const { parked } = appKeys(namespace, app)
    await feed().park(scene(1))
    await index().finish(leader, id, { state: 'completed', finishedAt: 'now' })
    expect(await redis.exists(parked(id))).toBe(0)
  })
})

describe('letting refused scenes print again', () => {
  it('gives them back to what is pending, and what the cursor has passed to what is outstanding', async () => {
    await index().advanceCursor(leader, id, { from: 0, to: 4, fed: 4 })
    for (const at of [2, 9]) await refuse(at)
    const batch = { seq: 3, first: 2, next: null, indexes: [2, 9] }
    expect(await index().clearRefused(leader, id, batch)).toBe('cleared')
    const now = await standing()
    expect(now).toMatchObject({ retried: 3, fed: 5, n: 2, counts: { refused: 0, pending: 20 } })
    expect(await index().isSound(app, id)).toBe(true)
    expect(await index().clearRefused(leader, id, batch)).toBe('older')
  })

  it('does each batch once, whoever repeats it, though scenes are refused again in between', async () => {
    for (const at of [2, 9]) await refuse(at)
    const first = { seq: 3, first: 2, next: 9, indexes: [2] }
    expect(await index().clearRefused(leader, id, first)).toBe('cleared')
    await refuse(2)
    expect(await index().clearRefused(leader, id, first)).toBe('older')
    expect(await index().clearRefused(leader, id, { seq: 3, first: 9, next: null, indexes: [9] })).toBe(
      'cleared',
    )
    expect([await bit(2), await bit(9)]).toEqual([1, 0])
    expect(await standing()).toMatchObject({ retried: 3, counts: { refused: 1 } })
  })

  it('cancels them in a campaign that was cancelled in the middle of it', async () => {
    for (const at of [2, 9]) await refuse(at)
    await index().clearRefused(leader, id, { seq: 3, first: 2, next: 9, indexes: [2] })
    await index().control(app, generation, id, { seq: 4, state: 'cancelled' })
    await index().clearRefused(leader, id, { seq: 3, first: 9, next: null, indexes: [9] })
    expect(await standing()).toMatchObject({ retried: 3, counts: { refused: 0, cancelled: 20, pending: 0 } })
    expect(await index().isSound(app, id)).toBe(true)
  })

  it('is waited for by a pause, a resume and a cancel of a campaign with nothing pending', async () => {
    const control = async (seq: number, state: 'running' | 'paused' | 'cancelled', retry?: number) => {
      const command = { seq, state, ...(retry === undefined ? {} : { retry }) }
      return [await index().control(app, generation, id, command), (await standing())?.state]
    }
    for (let at = 0; at < 20; at++) await refuse(at)
    expect(await control(2, 'paused')).toEqual(['final', 'running'])
    expect(await control(2, 'paused', 1)).toEqual(['applied', 'paused'])
    expect(await control(2, 'running', 1)).toEqual(['applied', 'running'])
    expect(await control(2, 'running', 1)).toEqual(['older', 'running'])
    expect(await control(3, 'cancelled', 1)).toEqual(['applied', 'cancelled'])
    await index().clearRefused(leader, id, { seq: 1, first: 2, next: null, indexes: [2] })
    expect(await control(4, 'running', 1)).toEqual(['final', 'cancelled'])
    expect(await standing()).toMatchObject({ counts: { refused: 19, cancelled: 1, pending: 0 } })
  })

  it('does nothing in a campaign that has ended', async () => {
    await refuse(2)
    await index().finish(leader, id, { state: 'cancelled', finishedAt: 'now' })
    await index().clearRefused(leader, id, { seq: 3, first: 2, next: null, indexes: [2] })
    expect(await standing()).toMatchObject({ counts: { refused: 1, cancelled: 0 } })
    expect(await redis.exists(appKeys(namespace, app).bits(id))).toBe(0)
  })
})

describe('a campaign that has ended', () => {
  it('is told of until the index is built anew: a snapshot may have it as it was before a retry', async () => {
    await index().finish(leader, id, { state: 'completed', finishedAt: 'now' })
    expect(await standing()).toMatchObject({ state: 'completed', finishedAt: 'now' })
    await index().beginRebuild(app, leader.fence)
    expect(await standing()).toBeNull()
    await index().finishRebuild(app, leader.fence, 'G2' as Generation, 'run-2')
    expect([await standing(), await index().readCampaigns(app, [id])]).toEqual([null, []])
  })
})

describe('opening again', () => {
  it('puts an ended campaign back as the ledger has it, and leaves an open one alone', async () => {
    const progress = { ...NO_PROGRESS, published: 2, refused: 1, closed: 3, control: 4, priority: 8 }
    const bits = Buffer.from([0b11100000, 0, 0])
    expect(await index().reopen(leader, record(), progress, bits)).toBe('there')
    await index().finish(leader, id, { state: 'completed', finishedAt: 'now' })
    expect(await index().reopen(leader, record(), progress, bits)).toBe('reopened')
    expect(await standing()).toMatchObject({
      ...{
        state: 'running',
        n: 3,
        closed: 3,
        base: 3,
        control: 4,
        priority: 8,
        finishedAt: null,
        rebuilt: true,
      },
      counts: { published: 2, refused: 1, pending: 17 },
    })
    expect(await redis.pttl(appKeys(namespace, app).campaign(id))).toBe(-1)
    expect((await index().readOpen(app)).map((campaign) => campaign.id)).toEqual([id])
    expect(await index().isSound(app, id)).toBe(true)
  })
})

it('campaigns whose commands the index could not hear of are told once to whoever leads', async () => {
  for (const at of [0, 1, 1]) await index().tellUnheard(app, `${id.slice(0, -1)}${at}` as CampaignId)
  const told = [await index().takeUnheard(app), await index().takeUnheard(app)]
  expect(told.map((one) => one?.at(-1)).sort()).toEqual(['0', '1'])
  expect(await index().takeUnheard(app)).toBeNull()
})

it('a priority of the control log reaches the index with its command, and only in its order', async () => {
  await index().control(app, generation, id, { seq: 2, state: 'running', priority: 9 })
  expect(await standing()).toMatchObject({ priority: 9, control: 2, state: 'running' })
  await index().control(app, generation, id, { seq: 1, state: 'running', priority: 1 })
  await index().control(app, generation, id, { seq: 3, state: 'paused' })
  expect(await standing()).toMatchObject({ priority: 9, control: 3, state: 'paused' })
})

it('what a campaign is to wait for stands in the index', async () => {
  const window = { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' } as const
  id = '01HF0000000000000000000ZZZ' as CampaignId
  await index().open(generation, record({ canary: 5, window: window as never }))
  expect(await standing()).toMatchObject({
    canary: 5,
    window,
    page: 'pages/index/index',
    envVersion: 'release',
  })
})

it('thousands of open campaigns are read a few hundred at a time, each as it is', async () => {
  const ids = Array.from(
    { length: 450 },
    (_, at) => `01HF0000000000000000${String(100_000 + at)}` as CampaignId,
  )
  for (const each of ids) await index().open(generation, { ...record(), id: each, total: 7 })
  const open = await index().readOpen(app)
  expect(open).toHaveLength(451)
  expect(open.filter(({ counts }) => counts.total === 7)).toHaveLength(450)
})
