// @ts-check
/** Redis loses everything at half-way of a campaign: how soon it goes on, what is read, which calls are made twice. */
import { systemClock } from '@sunpress/runtime'
import { APPID, startPress } from '../services/press.mjs'
import { LIFTED_PER_MINUTE, tellRoom } from './campaigns-print.mjs'
import { countCalls, forgetCalls, redisMemory, secondsSince, watchRedis } from './campaigns-watch.mjs'

const LOOK = { width: 280 }
const WARM_SCENES = 200
const LOOK_AGAIN_MS = 20

/** Parts of manifests that are read while an index is built. @param {import('./campaigns-watch.mjs').Press} press */
function countReads({ parts }) {
  const read = { parts: 0, seconds: 0 }
  let since = Number.NaN
  const { index, manifests } = parts
  return {
    read,
    /** @type {Partial<import('@sunpress/upkeep').UpkeepParts>} */
    changes: {
      manifests: {
        ...manifests,
        readPart: (...of) => {
          if (!Number.isNaN(since)) read.parts++
          return manifests.readPart(...of)
        },
      },
      index: {
        ...index,
        beginRebuild: (...of) => {
          since = performance.now()
          return index.beginRebuild(...of)
        },
        finishRebuild: async (...of) => {
          const answer = await index.finishRebuild(...of)
          read.seconds = secondsSince(since)
          since = Number.NaN
          return answer
        },
      },
    },
  }
}

/** @param {() => Promise<boolean>} sign */
async function until(sign) {
  while (!(await sign())) await systemClock.sleep(LOOK_AGAIN_MS)
}

/** @param {{ scenes: number, workers: number, latencyMs: number }} options */
export async function measureRebuild({ scenes, workers, latencyMs }) {
  const env = { LOG_LEVEL: 'warn' }
  const press = await startPress({ perMinute: LIFTED_PER_MINUTE, latencyMs, env, upkeep: false })
  try {
    const { read, changes } = countReads(press)
    press.startUpkeep(changes)
    for (let n = 0; n < workers; n++) await press.startWorker()
    const warm = await press.submit(WARM_SCENES, LOOK, (at) => `w=${at}`)
    await press.finished(warm)
    await tellRoom(press, scenes)
    await forgetCalls(press)
    const watch = watchRedis(press, await redisMemory(press))
    const id = await press.submit(scenes, LOOK)
    const published = async () => (await press.index.readCampaign(APPID, id))?.counts.published ?? 0
    await until(async () => (await published()) >= scenes / 2)
    Object.assign(read, { parts: 0, seconds: 0 })
    const inHand = (await press.parts.queues.count(APPID, 'unlimited')).active
    await press.connection.flushall()
    const lostAt = performance.now()
    const { calls } = await countCalls(press)
    await until(async () => (await press.index.readGeneration(APPID)).generation !== null)
    const indexSeconds = secondsSince(lostAt)
    const loaded = await published()
    await until(async () => (await published()) > loaded)
    const rowsSeconds = secondsSince(lostAt)
    await until(async () => (await countCalls(press)).calls > calls + inHand)
    const callsSeconds = secondsSince(lostAt)
    const { counts } = await press.finished(id)
    const { repeated } = await countCalls(press)
    const redis = await watch.stop()
    return { inHand, loaded, read, indexSeconds, rowsSeconds, callsSeconds, counts, repeated, redis }
  } finally {
    await press.stop()
  }
}
