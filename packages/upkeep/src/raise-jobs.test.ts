import type { AppId, CampaignId, Generation } from '@sunpress/core'
import type { CampaignIndex, FeedIndex } from '@sunpress/feed'
import type { LaneQueues } from '@sunpress/queue'
import { expect, it } from 'vitest'
import { createJobRaiser } from './raise-jobs.js'

const leader = { app: 'wx0123456789abcdef' as AppId, generation: 'G1' as Generation, fence: 1 }
const AHEAD = 5
const TOP = 9

/** A campaign of low priority beside one of the top, with the scenes that have ended. */
function world() {
  const done = new Set<number>()
  const parked = new Set<number>()
  const jobless = new Set<number>()
  let refused = 0
  let takenBack = 0
  let lastRound = false
  let [nowMs, cursor] = [0, 0]
  let read: [number, number][] = []
  let raised: number[] = []
  const unsetBits: FeedIndex['unsetBits'] = async (_app, _id, { from, below, limit, unparked }) => {
    const found: number[] = []
    let at = from
    for (; at < below && found.length < limit; at++)
      if (!done.has(at) && !(unparked === true && parked.has(at))) found.push(at)
    read.push([from, at])
    return found
  }
  const prefer: LaneQueues['prefer'] = async (_app, _lane, _id, indexes) => {
    const there = indexes.filter((at) => !jobless.has(at))
    raised.push(...there)
    return there
  }
  const clock = { now: () => 0, monotonic: () => nowMs, sleep: async () => {} }
  const raiser = createJobRaiser({
    index: { unsetBits } as Partial<FeedIndex> as FeedIndex,
    queues: { prefer } as Partial<LaneQueues> as LaneQueues,
    clock,
  })
  const low = () =>
    ({
      ...{ id: 'low' as CampaignId, priority: 1, cursor, parked: parked.size, lastRound },
      ...{ n: done.size + takenBack, counts: { published: done.size - refused, refused } },
    }) as Partial<CampaignIndex> as CampaignIndex
  const high = { ...low(), id: 'high' as CampaignId, priority: TOP } as CampaignIndex
  return {
    parked,
    jobless,
    feed: (to: number) => {
      cursor = to
    },
    publish: (from: number, to: number, but: readonly number[] = []) => {
      for (let at = from; at < to; at++) if (!but.includes(at)) done.add(at)
    },
    refuse: (at: number) => {
      done.add(at)
      refused++
    },
    takeBack: (at: number) => {
      done.delete(at)
      refused--
      takenBack++
    },
    beginLastRound: () => {
      parked.clear()
      lastRound = true
    },
    /** What was raised and read, a second later. */
    look: async () => {
      nowMs += 1_000
      read = []
      raised = []
      const campaigns = [
        { campaign: low(), ahead: AHEAD },
        { campaign: high, ahead: 0 },
      ]
      await raiser.raise(leader, 'unlimited', campaigns, 2_000)
      return { raised, read }
    },
  }
}

it('raises the first scenes that have not ended, each once', async () => {
  const { feed, publish, look } = world()
  feed(8)
  expect((await look()).raised).toEqual([0, 1, 2, 3, 4])
  expect((await look()).raised).toEqual([])
  publish(0, 2)
  expect((await look()).raised).toEqual([5, 6])
})

it('reads what it has found and what lies behind it, not all that has ended before', async () => {
  const { feed, publish, look } = world()
  feed(100_010)
  publish(0, 100_000)
  expect((await look()).read).toEqual([[0, 100_005]])
  publish(100_000, 100_003)
  const { read, raised } = await look()
  expect(raised).toEqual([100_005, 100_006, 100_007])
  expect(read).toEqual([
    [100_000, 100_005],
    [100_005, 100_008],
  ])
})

it('reads little for a scene that stays behind all others', async () => {
  const { feed, publish, look } = world()
  feed(100_010)
  publish(0, 100_000, [7])
  await look()
  publish(100_000, 100_001)
  const { read, raised } = await look()
  expect(raised).toEqual([100_004])
  expect(read.every(([from, to]) => to - from <= 5)).toBe(true)
  publish(7, 8)
  expect((await look()).raised).toEqual([100_005])
})

it('raises an early scene that a retry takes back', async () => {
  const { feed, publish, refuse, takeBack, look } = world()
  feed(100_010)
  refuse(3)
  publish(0, 100_000)
  await look()
  takeBack(3)
  expect((await look()).raised).toEqual([3])
})

it('raises an early scene that a retry takes back though as many have ended since', async () => {
  const { feed, publish, refuse, takeBack, look } = world()
  feed(100_010)
  refuse(3)
  publish(0, 100_000)
  await look()
  takeBack(3)
  refuse(100_000)
  expect((await look()).raised).toEqual([3])
})

it('raises a scene once it has a job', async () => {
  const { feed, jobless, look } = world()
  feed(3)
  jobless.add(1)
  expect((await look()).raised).toEqual([0, 2])
  expect((await look()).raised).toEqual([])
  jobless.delete(1)
  expect((await look()).raised).toEqual([1])
  expect((await look()).raised).toEqual([])
})

it('raises early scenes that were parked when their last round begins', async () => {
  const { feed, publish, parked, beginLastRound, look } = world()
  feed(100_010)
  for (const at of [3, 4]) parked.add(at)
  publish(0, 100_000, [3, 4])
  expect((await look()).raised).not.toContain(3)
  beginLastRound()
  expect((await look()).raised).toEqual([3, 4])
})

it('begins anew for an index that was put in again', async () => {
  const { feed, publish, look } = world()
  feed(100_010)
  publish(0, 100_000)
  await look()
  feed(0)
  await look()
  feed(100_010)
  expect((await look()).read[0]).toEqual([0, 100_005])
})

it('a campaign whose priority was changed has its jobs moved before those of others that are raised to the same', async () => {
  const moved: [string, number][] = []
  let nowMs = 0
  const raiser = createJobRaiser({
    index: { unsetBits: async () => [0] } as Partial<FeedIndex> as FeedIndex,
    queues: {
      prefer: async (_app, _lane, id, indexes, priority) => {
        if (indexes.length > 0) moved.push([id, priority])
        return [...indexes]
      },
    } as Partial<LaneQueues> as LaneQueues,
    clock: { now: () => 0, monotonic: () => nowMs, sleep: async () => {} },
  })
  const campaign = (id: string, priority: number) =>
    ({
      ...{ id: id as CampaignId, priority, cursor: 1, parked: 0, lastRound: false },
      ...{ n: 0, counts: { published: 0, refused: 0 } },
    }) as Partial<CampaignIndex> as CampaignIndex
  const raise = (late: number) =>
    raiser.raise(
      leader,
      'unlimited',
      [
        { campaign: campaign('many', 5), ahead: late > 5 ? AHEAD : 0 },
        { campaign: campaign('late', late), ahead: 0 },
      ],
      2_000,
    )
  await raise(5)
  nowMs += 1_000
  await raise(9)
  expect(moved).toEqual([
    ['late', 9],
    ['many', 9],
  ])
})

it('what was raised is asked for again after half a minute, since it may have been sent anew', async () => {
  const { feed, look } = world()
  feed(3)
  expect((await look()).raised).toEqual([0, 1, 2])
  for (let second = 1; second < 30; second++) expect((await look()).raised).toEqual([])
  expect((await look()).raised).toEqual([0, 1, 2])
})
