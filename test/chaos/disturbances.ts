/** What befalls a run from outside of its workers. Each is drawn by the seed, and ends by itself. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CampaignId,
  type ControlRecord,
  DEFAULT_LOOK,
  type Generation,
  type SceneJob,
} from '@sunpress/core'
import { createLaneQueues } from '@sunpress/queue'
import { appKeys } from '@sunpress/redis'
import { APPID } from '../services/press.mjs'
import { draw } from './chance.mjs'
import { type Crew, FROZEN_MS, type Press } from './crew.js'
import { createGate, type Gate, gated } from './gate.js'

export interface Scene {
  readonly press: Press
  readonly crew: Crew
  readonly seed: string
  readonly campaign: CampaignId
  readonly sceneAt: (index: number) => string
  readonly total: number
  /** The gates of all upkeeps begun here. */
  readonly gates: Gate[]
  /** That of the first upkeep. */
  readonly first: Gate
}

/** To the simulated WeChat; without a body a question. */
export async function tell<T>(press: Press, path: string, body?: object, method = 'PUT'): Promise<T> {
  const asked = body === undefined ? {} : { method, body: JSON.stringify(body) }
  const answer = await fetch(`${press.simulator.adminUrl}${path}`, asked)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${text}`)
  return (text === '' ? null : JSON.parse(text)) as T
}

type Disturbance = (scene: Scene) => Promise<void>

const lanePrefix = `${appKeys('sunpress', APPID).queuePrefix}:unlimited`

const jobKeys = async ({ press }: Scene, pattern: string): Promise<string[]> => {
  const keys: string[] = await press.connection.keys(`${lanePrefix}:*`)
  return keys.filter((key) => new RegExp(pattern).test(key))
}

const someOf = (keys: string[], seed: string, share: number): string[] =>
  keys.toSorted().filter((key) => draw(seed, key) < share)

async function removeKeys({ press }: Pick<Scene, 'press'>, keys: string[]): Promise<void> {
  if (keys.length > 0) await press.connection.del(...keys)
}

const control =
  (command: ControlRecord['command'], state: 'running' | 'paused') =>
  async ({ press, campaign }: Scene): Promise<void> => {
    const { seq } = await press.ledger.appendControl(campaign, command, new Date().toISOString())
    const { generation } = await press.index.readGeneration(APPID)
    if (generation !== null) await press.index.control(APPID, generation, campaign, { seq, state })
  }

/** Jobs for scenes done and not done, under their own ids and others, of this generation and another. */
async function sendAgain(scene: Scene): Promise<void> {
  const { press, campaign, seed, total, sceneAt } = scene
  const { generation } = await press.index.readGeneration(APPID)
  const record = await press.ledger.readCampaign(campaign)
  if (record === null || generation === null) return
  const at = (index: number, of: Generation): SceneJob => ({
    app: APPID,
    generation: of,
    campaign,
    campaignCreatedAtMs: Date.parse(record.createdAt),
    index,
    scene: sceneAt(index),
    look: { ...DEFAULT_LOOK, ...record.look },
    again: true,
    lastRound: false,
  })
  const indexes = Array.from({ length: total }, (_, index) => index).filter(
    (index) => draw(seed, 'again', index) < 0.3,
  )
  const queues = createLaneQueues({ redis: press.connection, namespace: 'sunpress' })
  await queues.enqueue(
    APPID,
    'unlimited',
    indexes.map((index) => at(index, generation)),
    9,
  )
  await queues.enqueue(
    APPID,
    'unlimited',
    indexes.map((index) => at(index, '0' as Generation)),
    1,
  )
  await queues.close()
}

/** Another upkeep, which leads when nobody else does. */
function joinUpkeep({ press, gates }: Scene, holder: string): void {
  const gate = createGate()
  gates.push(gate)
  press.startUpkeep({ ...gated(press.parts, gate), holder })
}

async function oldSnapshot({ press }: Scene): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'sunpress-snapshot-'))
  await cp(press.redis.dir, copy, { recursive: true })
  await sleep(1_500)
  await press.redis.kill()
  await rm(press.redis.dir, { recursive: true, force: true })
  await cp(copy, press.redis.dir, { recursive: true })
  await rm(copy, { recursive: true, force: true })
  await press.redis.restart()
}

/** Beyond it WeChat says 45011; more than anybody calls is no limit. */
const burst = ({ press }: Scene, calls: number) =>
  tell(press, '/limits', { appid: APPID, burst: { calls, windowMs: 1_000 }, keepUse: true })

const MINUTE_MS = 60_000

/**
 * Shortly before its minute ends, so that whoever is held until the next one waits for seconds. Its clock is never set back: calls
 * would seem to come closer together than they do.
 */
async function loweredLimit(scene: Scene): Promise<void> {
  const { now } = await tell<{ now: number }>(scene.press, '/clock')
  await tell(scene.press, '/clock', { set: Math.ceil((now - 57_000) / MINUTE_MS) * MINUTE_MS + 57_000 })
  await burst(scene, 3)
  await sleep(2_000)
  await burst(scene, 10_000)
}

async function removeMatching({ press }: Scene, ...names: string[]): Promise<void> {
  const found = await Promise.all(
    names.map((name) => press.connection.keys(`${appKeys('sunpress', APPID).queuePrefix}:${name}`)),
  )
  await removeKeys({ press }, found.flat())
}

/** Costs a hold of 60 s: nobody knows of the calls before. Drawn once a run at most. */
export const THE_PACE_IS_FORGOTTEN = 'the pace is forgotten'

export const DISTURBANCES: Readonly<Record<string, Disturbance>> = {
  'a worker is killed': async ({ crew, seed }) => crew.kill(Math.floor(draw(seed, 'who') * crew.size)),
  'a worker freezes': ({ crew, seed }) => crew.freeze(Math.floor(draw(seed, 'who') * crew.size), FROZEN_MS),
  'jobs lose their data': async (scene) =>
    removeKeys(scene, someOf(await jobKeys(scene, '[0-9A-Z]{26}\\.\\d+$'), scene.seed, 0.3)),
  'locks vanish': async (scene) => removeKeys(scene, await jobKeys(scene, ':lock$')),
  'the lane vanishes': async (scene) => removeKeys(scene, await jobKeys(scene, '')),
  'lists vanish': async (scene) => removeKeys(scene, await jobKeys(scene, ':(wait|active|prioritized)$')),
  'jobs come twice': sendAgain,
  'Redis is killed and comes back': ({ press }) => press.redis.restart(),
  'Redis comes back as it was': oldSnapshot,
  'the leader dies': async (scene) => {
    scene.first.kill()
    joinUpkeep(scene, 'heir')
  },
  'the leader freezes and comes back': async (scene) => {
    joinUpkeep(scene, 'deputy')
    scene.first.freeze()
    await sleep(FROZEN_MS)
    scene.first.thaw()
  },
  'a producer comes and is killed': async ({ press }) => {
    const producer = await press.startProducer()
    await sleep(1_000)
    await producer.kill('SIGKILL')
  },
  'two upkeeps': async (scene) => joinUpkeep(scene, 'second'),
  'the campaign pauses': async (scene) => {
    await control('pause', 'paused')(scene)
    await sleep(1_500)
    await control('resume', 'running')(scene)
  },
  [THE_PACE_IS_FORGOTTEN]: (scene) => removeMatching(scene, 'permits:*'),
  'held pages are forgotten': (scene) => removeMatching(scene, 'gate', 'page:*'),
  'WeChat lowers its limit for a while': loweredLimit,
  'tokens are revoked': async ({ press }) => {
    await tell(press, '/tokens/revoke', {}, 'POST')
  },
}

/** Costs a hold of 60 s: the quota knows nothing of the calls before. */
export const FLUSH: Disturbance = async ({ press }) => {
  await press.connection.flushall()
}
