// @ts-check
/** A campaign of campaigns.mjs, with its producer as a process of its own: printed, and then the same again with nothing new. */
import { link, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DEFAULT_LOOK, nameCode } from '@sunpress/core'
import { systemClock } from '@sunpress/runtime'
import { APPID, startPress } from '../services/press.mjs'
import {
  checkRoom,
  countCalls,
  cpuSeconds,
  forgetCalls,
  mostMemoryMb,
  print,
  redisMemory,
  secondsSince,
  watchRedis,
} from './campaigns-watch.mjs'

/** @typedef {import('./campaigns-watch.mjs').Press} Press */

/** Far beyond what one machine can do. */
export const LIFTED_PER_MINUTE = 10_000_000
/** The smallest picture there is. */
const LOOK = { page: 'pages/index/index', width: 280 }
const WARM_SCENES = 200
/** ext4 links a file at most 65,000 times. */
const LINKS_A_FILE = 60_000
const LINKS_AT_ONCE = 64

/** @param {{ workers: number, latencyMs: number }} options */
export async function startCampaigns({ workers, latencyMs }) {
  const env = { LOG_LEVEL: 'warn' }
  const press = await startPress({ perMinute: LIFTED_PER_MINUTE, latencyMs, env, upkeep: false })
  try {
    const producer = await press.startProducer()
    const crew = await Promise.all(Array.from({ length: workers }, () => press.startWorker()))
    await press.finished(await post(producer.url, 'w={n}', WARM_SCENES))
    return { press, producer, workers: crew, idleBytes: await redisMemory(press) }
  } catch (error) {
    await press.stop()
    throw error
  }
}

/** @typedef {Awaited<ReturnType<typeof startCampaigns>>} Campaigns */

/** @param {string} url @param {string} template @param {number} scenes */
async function post(url, template, scenes) {
  const body = JSON.stringify({ app: APPID, look: LOOK, range: { template, from: 0, to: scenes - 1 } })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/v1/campaigns`, { method: 'POST', headers, body })
  const told = await answer.text()
  if (answer.status !== 202) throw new Error(`${answer.status}: ${told.slice(0, 500)}`)
  return /** @type {import('@sunpress/core').CampaignId} */ (JSON.parse(told).id)
}

/** A picture's file, by its scene. @param {Press} press @param {string} scene */
const fileOf = (press, scene) =>
  join(press.folder, 'store', nameCode(APPID, scene, { ...DEFAULT_LOOK, ...LOOK }).key)

export const warmPicture = (/** @type {Press} */ press) => fileOf(press, 'w=0')

/** One campaign from its request to its report. @param {Campaigns} campaigns @param {number} scenes */
export async function runCampaign({ press, producer, workers, idleBytes }, scenes) {
  await forgetCalls(press)
  const watch = watchRedis(press, idleBytes)
  const cpuOf = () => Promise.all([producer, press.redis, ...workers].map(({ pid }) => cpuSeconds(pid)))
  const cpuBefore = await cpuOf()
  const startedAt = performance.now()
  const id = await post(producer.url, 's={n}', scenes)
  const acceptedSeconds = secondsSince(startedAt)
  const firstSeconds = await firstPicture(press, id).then(() => secondsSince(startedAt))
  const report = await press.finished(id)
  const seconds = secondsSince(startedAt)
  const [producerCpu = 0, redisCpu = 0, ...workersCpu] = (await cpuOf()).map(
    (now, at) => (1e6 * (now - (cpuBefore[at] ?? 0))) / scenes,
  )
  const redis = await watch.stop()
  const { calls, repeated } = await countCalls(press)
  const workersMb = await Promise.all(workers.map(({ pid }) => mostMemoryMb(pid)))
  return {
    ...{ seconds, acceptedSeconds, firstSeconds, calls, repeated, redis, counts: report.counts },
    producerMb: await mostMemoryMb(producer.pid),
    workersMb,
    cpuMicros: {
      producer: producerCpu,
      redis: redisCpu,
      workers: workersCpu.reduce((sum, one) => sum + one, 0),
    },
  }
}

/** @param {Press} press @param {import('@sunpress/core').CampaignId} id */
async function firstPicture(press, id) {
  while (((await press.index.readCampaign(APPID, id))?.counts.published ?? 0) === 0)
    await systemClock.sleep(5)
}

/** Pictures as if they had been printed, which take no room: each is a link to one that has been. @param {Press} press @param {number} scenes */
export async function linkPictures(press, scenes) {
  const bytes = await readFile(warmPicture(press))
  /** @type {Set<string>} */
  const folders = new Set()
  const make = async (/** @type {number} */ at) => {
    const file = fileOf(press, `s=${at}`)
    const folder = dirname(file)
    if (!folders.has(folder)) await mkdir(folder, { recursive: true })
    folders.add(folder)
    await link(join(press.folder, `linked-${Math.floor(at / LINKS_A_FILE)}`), file)
  }
  for (let from = 0; from < scenes; from += LINKS_A_FILE) {
    await writeFile(join(press.folder, `linked-${from / LINKS_A_FILE}`), bytes)
    const to = Math.min(scenes, from + LINKS_A_FILE)
    for (let at = from; at < to; at += LINKS_AT_ONCE) {
      const some = Array.from({ length: Math.min(LINKS_AT_ONCE, to - at) }, (_, more) => at + more)
      await Promise.all(some.map(make))
    }
  }
}

/** Throws NoRoom when the disk has none for so many. @param {Press} press @param {number} scenes */
export async function tellRoom(press, scenes) {
  const { pictureBytes, neededGb } = await checkRoom(warmPicture(press), scenes)
  print(`${scenes} pictures of ${pictureBytes} bytes, ${neededGb.toFixed(1)} GB of disk`)
}
