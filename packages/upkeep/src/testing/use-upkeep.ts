/** Upkeep over a real Redis and a store in memory, with a clock that tests push on. For test files alone: it registers hooks. */
import { randomUUID } from 'node:crypto'
import {
  type App,
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type Clock,
  type ClosedCode,
  DEFAULT_LOOK,
  DEFAULT_QUOTAS,
  type Hold,
  newCampaignId,
  type PublishedEvent,
  type RefusedEvent,
  type SceneRow,
  Secret,
  type Unnumbered,
} from '@sunpress/core'
import { createFeedIndex, createSceneFeed } from '@sunpress/feed'
import { createBitsLedger, createCampaignLedger, createManifestLedger, packRows } from '@sunpress/ledger'
import { createLaneQueues } from '@sunpress/queue'
import { appKeys, connectRedis, createLeases, describeServer } from '@sunpress/redis'
import { openMemoryStore } from '@sunpress/storage'
import { afterAll, afterEach, beforeEach, expect, inject } from 'vitest'
import type { UpkeepParts } from '../parts.js'
import { createUpkeep, type Upkeep } from '../upkeep.js'

export const redis = connectRedis({ url: inject('redisUrl'), purpose: 'blocking', name: 'upkeep-test' })
export const appid = 'wx0123456789abcdef' as AppId
export const app: App = {
  appid,
  name: 'Shops',
  credential: { kind: 'secret', appSecret: new Secret('s'), endpoint: 'stable' },
  quotas: DEFAULT_QUOTAS,
}

/** Real pauses, shortened: turns follow each other at once. */
export const clock: Clock = {
  now: () => Date.now() + now.aheadMs,
  monotonic: () => performance.now() + now.leapMs,
  sleep: (_ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) reject(signal.reason)
      setTimeout(resolve, 5)
    }),
}

/** As `clock`, but that no time goes by: what comes within a turn's time depends on no machine. */
export const stillClock: Clock = { ...clock, monotonic: () => now.leapMs }

const { runId } = await describeServer(redis)

const fresh = () => ({
  namespace: `t-${randomUUID()}`,
  leapMs: 0,
  /** The wall clock, ahead of the real one. */
  aheadMs: 0,
  rebuilds: [] as string[],
  faults: [] as unknown[],
  reused: 0,
  holds: [] as Hold[],
  /** Turns that have asked for the holds: all have, and one follows the other. */
  turns: 0,
  apps: [app],
  tellApps: (): void => {},
  stores: openMemoryStore({ clock }),
})

/** Of the test that runs. */
export let now: ReturnType<typeof fresh> = { ...({} as ReturnType<typeof fresh>), aheadMs: 0, leapMs: 0 }
const running: Upkeep[] = []

beforeEach(() => {
  now = fresh()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((upkeep) => upkeep.stop()))
  expect(now.faults).toEqual([])
})
afterAll(async () => {
  await redis.quit()
})

/** A minute passes with every look: whatever upkeep has read only just now becomes due as well. */
export const leaping =
  <T>(look: () => T) =>
  (): T => {
    now.leapMs += 61_000
    return look()
  }

/** The turn that is under way now has ended, and the next one has read the holds. */
export async function nextTurn(): Promise<void> {
  const before = now.turns
  await expect.poll(() => now.turns).toBeGreaterThan(before)
}

export const index = () => createFeedIndex({ redis, namespace: now.namespace })
export const queues = () => createLaneQueues({ redis, namespace: now.namespace })
export const feed = () => createSceneFeed({ redis, namespace: now.namespace, clock })
export const ledger = () => createCampaignLedger(now.stores.records)
export const manifests = () => createManifestLedger(now.stores.records)
export const bits = () => createBitsLedger(now.stores.records)
export const standing = (id: CampaignId) => index().readCampaign(appid, id)

export function begin(changes: Partial<UpkeepParts> = {}): Upkeep {
  const mine = now
  const upkeep = createUpkeep({
    apps: {
      all: () => mine.apps,
      onChange: (listener) => {
        mine.tellApps = listener
        return () => {}
      },
    },
    holder: randomUUID(),
    namespace: mine.namespace,
    leases: createLeases(redis),
    index: index(),
    campaigns: ledger(),
    manifests: manifests(),
    bits: bits(),
    codes: mine.stores.codes,
    readHolds: async () => {
      mine.turns++
      return mine.holds
    },
    queues: queues(),
    readRunId: async () => runId,
    sweepTemporaries: async () => 0,
    clock,
    observer: {
      rebuilt: (_leader, why) => mine.rebuilds.push(why),
      finished: () => {},
      failed: (_app, fault) => mine.faults.push(fault),
      resent: () => {},
      reused: (_leader, scenes) => {
        mine.reused += scenes
      },
    },
    ...changes,
  })
  running.push(upkeep)
  upkeep.start()
  return upkeep
}

/** A campaign as the producer leaves it in the ledger. */
export async function submit(
  total: number,
  changes: Partial<CampaignRecord> = {},
  rowOf: (at: number) => SceneRow = (at) => ({ scene: `s=${at}` }),
): Promise<CampaignRecord> {
  const id = newCampaignId(Date.now())
  const campaign: CampaignRecord = {
    v: 1,
    id,
    app: appid,
    name: 'stores',
    priority: 5,
    look: { ...DEFAULT_LOOK, page: 'pages/index/index' },
    badRows: 'refuse',
    source: { kind: 'range' },
    total,
    skipped: 0,
    createdAt: new Date().toISOString(),
    ...changes,
  }
  const rows = Array.from({ length: total }, (_, at) => rowOf(at))
  for (let first = 0; first < total; first += 10_000) {
    await ledger().writePart(id, first / 10_000, first, packRows(rows.slice(first, first + 10_000)))
  }
  await ledger().markOpen(id, appid)
  await ledger().writeCampaign(campaign)
  return campaign
}

const sceneOf = async (campaign: CampaignId, at: number) => {
  const { generation } = await index().readGeneration(appid)
  return generation === null ? null : { app: appid, campaign, generation, index: at }
}

export async function publish(id: CampaignId, at: number): Promise<string> {
  const scene = await sceneOf(id, at)
  if (scene === null) return 'rebuild'
  const event = { v: 1, id: `${id}.${at}`, type: 'code.published', index: at, reused: false }
  return await feed().publish(scene, {} as ClosedCode, event as Unnumbered<PublishedEvent>)
}

export async function refuse(id: CampaignId, at: number, errcode: number | null = 41030): Promise<string> {
  const scene = await sceneOf(id, at)
  if (scene === null) return 'rebuild'
  const event = { v: 1, id: `${id}.${at}`, type: 'code.refused', index: at, errcode, reason: 'invalid_page' }
  return await feed().refuse(scene, event as Unnumbered<RefusedEvent>)
}

export async function park(id: CampaignId, at: number): Promise<string> {
  const scene = await sceneOf(id, at)
  return scene === null ? 'rebuild' : await feed().park(scene)
}

export const publishAll = async (id: CampaignId, from: number, to: number): Promise<void> => {
  for (let at = from; at < to; at++) expect(await publish(id, at)).toBe('published')
}

export const jobs = async (): Promise<number> => (await queues().count(appid, 'unlimited')).waiting

const laneKey = (name: string): string => `${appKeys(now.namespace, appid).queuePrefix}:unlimited:${name}`

/** What waits in the lane, in the order in which it will be taken. */
export async function waiting(): Promise<{ id: string; index: number; lastRound: boolean }[]> {
  const ids = await redis.zrange(laneKey('prioritized'), 0, '-1')
  const reading = redis.pipeline()
  for (const id of ids) reading.hget(laneKey(id), 'data')
  const data = (await reading.exec()) ?? []
  return ids.map((id, at) => {
    const { i, f } = JSON.parse((data[at]?.[1] as string | null) ?? '{}') as { i: number; f?: 1 }
    return { id, index: i, lastRound: f === 1 }
  })
}
export const waitingIndexes = async (): Promise<number[]> => (await waiting()).map((job) => job.index)

/** Takes the jobs of these scenes out of the lane, as a worker does that drops them or ends them: nobody sees half of a job. */
export async function drop(id: CampaignId, indexes: readonly number[]): Promise<void> {
  const dropping = redis.multi()
  for (const at of indexes) {
    dropping.zrem(laneKey('prioritized'), `${id}.${at}`).del(laneKey(`${id}.${at}`))
  }
  await dropping.exec()
}

export const rowsOf = async (id: CampaignId) => {
  const parts = await manifests().listParts(id)
  const rows = await Promise.all(parts.map((first) => manifests().readPart(id, first)))
  return rows.flat()
}
export const indexesOf = async (id: CampaignId): Promise<number[]> =>
  (await rowsOf(id)).map((row) => row.index)

export const loseRedis = async (): Promise<void> => {
  await redis.del(...(await redis.keys(`${now.namespace}:*`)))
}

/** All that Redis holds of this test, as a dump on disk has it: hours later, what had an end has ended. Gives what puts it back. */
export async function takeSnapshot(): Promise<() => Promise<void>> {
  const dumps = new Map<string, Buffer>()
  for (const key of await redis.keys(`${now.namespace}:*`)) {
    const dump = (await redis.pttl(key)) === -1 ? await redis.dumpBuffer(key) : null
    if (dump !== null) dumps.set(key, dump)
  }
  return async () => {
    const restoring = redis.multi().del(...(await redis.keys(`${now.namespace}:*`)))
    for (const [key, dump] of dumps) restoring.restore(key, 0, dump)
    await restoring.set(appKeys(now.namespace, appid).builtOn, 'the run before').exec()
  }
}

/** All of it is as before, but nobody knows whether it is what was there last. */
export const restartServer = async (): Promise<void> => {
  await redis.set(appKeys(now.namespace, appid).builtOn, 'the run before')
}
