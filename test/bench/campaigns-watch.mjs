// @ts-check
/** What campaigns.mjs looks at while a press works: memory over time, what the simulator has counted, room on the disk. */
import { readFile, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { systemClock } from '@sunpress/runtime'
import { APPID } from '../services/press.mjs'

/**
 * @typedef {Awaited<ReturnType<typeof import('../services/press.mjs').startPress>>} Press
 * @typedef {{ growthMb: number[], mostMb: number, mostRows: number }} RedisMemory samples over an idle Redis, evenly in time;
 *   `mostRows`: of the feed, that stand in no closed part yet
 */

export const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)
export const secondsSince = (/** @type {number} */ startedAt) => (performance.now() - startedAt) / 1_000
const SAMPLE_MS = 250
const TICKS_A_SECOND = 100
const SHOWN = 12
/** Until Redis has given up the buffer of a large command. */
const SETTLED_MS = 5_000
/** Of the disk: this bench never takes more of what is free. A million pictures want 42 GB. */
const MOST_OF_FREE = 0.6
const BLOCK_BYTES = 4_096
/** Of a scene, beside its picture: its row in the source, its row in the manifest, its name in a folder. */
const BESIDE_BYTES = 900

/** @param {Press} press */
export async function redisMemory(press) {
  return Number(/^used_memory:(\d+)/m.exec(await press.connection.info('memory'))?.[1])
}

/** The most that Redis has ever held, for however short a moment. @param {Press} press */
export async function redisPeak(press) {
  return Number(/^used_memory_peak:(\d+)/m.exec(await press.connection.info('memory'))?.[1])
}

/** Samples until `stop`. @param {Press} press @param {number} idleBytes */
export function watchRedis(press, idleBytes) {
  const over = new AbortController()
  /** @type {number[]} */
  const samples = []
  let mostRows = 0
  let apartUntil = Number.NEGATIVE_INFINITY
  const watch = async () => {
    for (;;) {
      const bytes = await redisMemory(press)
      if (performance.now() > apartUntil) samples.push(bytes - idleBytes)
      mostRows = Math.max(mostRows, await press.index.feedLength(APPID))
      await systemClock.sleep(SAMPLE_MS, over.signal)
    }
  }
  const watched = watch().catch((/** @type {unknown} */ error) => {
    if (!over.signal.aborted) throw error
  })
  return {
    /** An index is being loaded, or was a moment ago: that is not sampled. */
    setApart() {
      apartUntil = performance.now() + SETTLED_MS
    },
    /** @returns {Promise<RedisMemory>} */
    async stop() {
      over.abort()
      await watched
      const every = Math.max(1, samples.length / SHOWN)
      const shown = Array.from({ length: Math.min(SHOWN, samples.length) }, (_, at) => Math.floor(at * every))
      return {
        growthMb: shown.map((at) => (samples[at] ?? 0) / 1e6),
        mostMb: samples.reduce((most, bytes) => Math.max(most, bytes), 0) / 1e6,
        mostRows,
      }
    },
  }
}

/** @param {RedisMemory} memory */
export const tellRedis = ({ growthMb, mostMb, mostRows }) =>
  `at most ${mostMb.toFixed(2)} MB over idle, ${mostRows} rows in the feed; over time ${growthMb.map((mb) => mb.toFixed(1)).join(' ')}`

/** The most memory that a process has held. @param {number} pid */
export async function mostMemoryMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024) / 1e6
}

/** CPU time that a process has spent so far, of all its threads. @param {number} pid */
export async function cpuSeconds(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}

/** Calls for codes since the last reset, and those for scenes that had their picture already. @param {Press} press */
export async function countCalls(press) {
  const answer = await fetch(`${press.simulator.adminUrl}/counters?appid=${APPID}`)
  const { apps } = /** @type {{ apps: Record<string, any> }} */ (await answer.json())
  const { calls = 0, pictures = 0, scenes = { distinct: 0, uncounted: 0 } } = apps[APPID] ?? {}
  return { calls, pictures, repeated: pictures - scenes.distinct - scenes.uncounted }
}

/** @param {Press} press */
export async function forgetCalls(press) {
  const body = JSON.stringify({ only: ['counters', 'calls'] })
  const answer = await fetch(`${press.simulator.adminUrl}/reset`, { method: 'POST', body })
  if (!answer.ok) throw new Error(`the simulator's counters stay: ${answer.status} ${await answer.text()}`)
}

export class NoRoom extends Error {}

/**
 * Throws NoRoom when so many pictures like this one would take more than six tenths of what is free.
 * @param {string} picture a file @param {number} scenes
 */
export async function checkRoom(picture, scenes) {
  const { size } = await stat(picture)
  const { bavail, bsize, ffree } = await statfs(tmpdir())
  const needed = scenes * (Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES + BESIDE_BYTES)
  if (needed > bavail * bsize * MOST_OF_FREE || scenes > ffree * MOST_OF_FREE) {
    const gb = (/** @type {number} */ bytes) => (bytes / 1e9).toFixed(1)
    throw new NoRoom(
      `${scenes} pictures of ${size} bytes want ${gb(needed)} GB of ${tmpdir()}, of which ${gb(bavail * bsize)} GB are free: ` +
        'at most six tenths of it are taken. Name fewer with --scenes.',
    )
  }
  return { pictureBytes: size, neededGb: needed / 1e9 }
}
