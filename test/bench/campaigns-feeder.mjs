// @ts-check
/**
 * The feeder over 100 million rows that no file holds: rows are made when they are asked for. Most of them stand in a checkpoint
 * as done; every so many-th is left, so that the feeder passes through every part, and is published by the real scripts, at once
 * and without a call. Redis is real. Leaders are changed at half-way, and Redis is emptied at three quarters.
 */
import { nameCode, publishedEvent } from '@sunpress/core'
import { createSceneFeed } from '@sunpress/feed'
import { createLaneWorker } from '@sunpress/queue'
import { connectRedis } from '@sunpress/redis'
import { systemClock } from '@sunpress/runtime'
import { APPID, startPress } from '../services/press.mjs'
import { LIFTED_PER_MINUTE } from './campaigns-print.mjs'
import { makeRows, writeCampaign } from './campaigns-rows.mjs'
import { redisMemory, redisPeak, secondsSince, watchRedis } from './campaigns-watch.mjs'

/** @typedef {import('./campaigns-watch.mjs').Press} Press */

const LOOK_AGAIN_MS = 20
const IN_HAND = 100
const WARM_ROWS = 2_000

/** Ends each job at once, as if its picture had been printed. @param {Press} press */
function startEnder({ redis }) {
  const lane = connectRedis({ url: redis.url, purpose: 'blocking', name: 'ender' })
  const feed = createSceneFeed({ redis: lane, namespace: 'sunpress', clock: systemClock })
  const worker = createLaneWorker({
    ...{ redis: lane, namespace: 'sunpress', app: APPID, lane: 'unlimited', concurrency: IN_HAND },
    async travel(job) {
      const name = nameCode(job.app, job.scene, job.look)
      const size = { bytes: 60_000, sha256: '0'.repeat(64), width: 430, format: 'jpg' }
      const code = /** @type {import('@sunpress/core').ClosedCode} */ (
        /** @type {unknown} */ ({ key: name.key, ...size, closedAtMs: Date.now(), origin: 'created' })
      )
      await feed.publish(job, code, publishedEvent(job, name, code, false, Date.now()))
      return { next: 'remove' }
    },
    onHalt() {},
    onMalformed() {},
    onLost() {},
    onError() {},
  })
  return async () => {
    await worker.close(AbortSignal.timeout(5_000))
    lane.disconnect()
  }
}

/** The most jobs that the lane was seen to hold. @param {Press} press */
function watchLane({ parts }) {
  const over = new AbortController()
  let most = 0
  const watch = async () => {
    for (;;) {
      const { waiting, active, delayed } = await parts.queues.count(APPID, 'unlimited')
      most = Math.max(most, waiting + active + delayed)
      await systemClock.sleep(LOOK_AGAIN_MS, over.signal)
    }
  }
  const watched = watch().catch((/** @type {unknown} */ error) => {
    if (!over.signal.aborted) throw error
  })
  return async () => {
    over.abort()
    await watched
    return most
  }
}

/** Then Redis knows all scripts, and nothing else. @param {Press} press @param {import('@sunpress/ledger').CampaignLedger} campaigns */
async function warmUp(press, campaigns) {
  const upkeep = press.startUpkeep({ campaigns, holder: 'warm' })
  const stopEnder = startEnder(press)
  await press.finished(await press.submit(WARM_ROWS))
  await stopEnder()
  await upkeep.stop()
  await press.connection.flushall()
}

/**
 * Waits for the cursor of a campaign, and remembers the least that was seen.
 * @param {Press} press @param {import('@sunpress/core').CampaignId} id
 */
function followCursor({ index }, id) {
  const least = { cursor: Number.POSITIVE_INFINITY }
  const standing = async () =>
    (await index.readGeneration(APPID)).generation === null ? null : index.readCampaign(APPID, id)
  return {
    least,
    /** @param {(cursor: number) => boolean} sign */
    async until(sign) {
      for (;;) {
        const cursor = (await standing())?.cursor
        if (cursor !== undefined) least.cursor = Math.min(least.cursor, cursor)
        if (cursor !== undefined && sign(cursor)) return cursor
        await systemClock.sleep(LOOK_AGAIN_MS)
      }
    },
  }
}

/** @param {{ rows: number, step: number }} options */
export async function measureFeeder({ rows, step }) {
  const press = await startPress({ perMinute: LIFTED_PER_MINUTE, upkeep: false })
  /** @type {(() => Promise<void>) | null} */
  let stopEnder = null
  try {
    const { campaigns, read } = makeRows(press, rows)
    await warmUp(press, campaigns)
    const idleBytes = await redisMemory(press)
    const redis = watchRedis(press, idleBytes)
    const { id, left } = await writeCampaign(press, rows, step)
    const lane = watchLane(press)
    const { until, least } = followCursor(press, id)
    const startedAt = performance.now()
    redis.setApart()
    const first = press.startUpkeep({ campaigns, holder: 'first' })
    await until(() => true)
    const loadSeconds = secondsSince(startedAt)
    stopEnder = startEnder(press)
    await until((cursor) => cursor >= rows / 2)
    await first.stop()
    const atChange = await until(() => true)
    read.length = 0
    least.cursor = Number.POSITIVE_INFINITY
    press.startUpkeep({ campaigns, holder: 'second' })
    await until((cursor) => cursor > atChange)
    const firstPartAfter = Math.min(...read)
    await until((cursor) => cursor >= (rows * 3) / 4)
    const leastAfter = least.cursor
    const lostAt = performance.now()
    redis.setApart()
    await press.connection.flushall()
    await until(() => true)
    const rebuildSeconds = secondsSince(lostAt)
    await until((cursor) => cursor >= (rows * 3) / 4)
    const backSeconds = secondsSince(lostAt)
    const { counts } = await press.finished(id)
    const seconds = secondsSince(startedAt)
    return {
      ...{ left, loadSeconds, seconds, rebuildSeconds, backSeconds, counts },
      ...{ atChange, leastAfter, firstPartAfter, mostJobs: await lane(), redis: await redis.stop() },
      peakMb: ((await redisPeak(press)) - idleBytes) / 1e6,
      bitsBytes: Math.ceil(rows / 8),
      rowBytes: await manifestRowBytes(press, id),
      mostMb: process.resourceUsage().maxRSS / 1_000,
    }
  } finally {
    await stopEnder?.()
    await press.stop()
  }
}

/** @param {Press} press @param {import('@sunpress/core').CampaignId} id */
async function manifestRowBytes({ manifests }, id) {
  const [firstN] = await manifests.listParts(id)
  const rows = firstN === undefined ? [] : await manifests.readPart(id, firstN)
  return rows.reduce((bytes, row) => bytes + JSON.stringify(row).length + 1, 0) / rows.length
}
