// @ts-check
/** A simulator, a Redis and processes that spend permits, for one cell of quota.mjs. Everything ends with `stop`. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectRedis } from '@sunpress/redis'
import { startRedis } from '../services/redis.mjs'
import { spawnTethered } from '../services/tether.mjs'

const cli = fileURLToPath(new URL('../../apps/cli/bin/sunpress.js', import.meta.url))
const caller = fileURLToPath(new URL('../services/quota-caller.mjs', import.meta.url))

/**
 * @typedef {object} WorldOptions
 * @property {string} window
 * @property {{ appid: string, limit: number }[]} apps
 * @property {number} perMinute the simulator's limit
 * @property {number} processes
 * @property {number} latencyMs
 * @property {number} [connections]
 *
 * @typedef {Awaited<ReturnType<typeof startWorld>>} World
 */

/** @param {WorldOptions} options */
export async function startWorld(options) {
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-quota-bench-'))
  const redis = await startRedis({ appendonly: true })
  const replica = await startRedis()
  const simulator = await startSimulator(options)
  const primaryTo = connectRedis({ url: redis.url, purpose: 'blocking', name: 'quota-bench' })
  const replicaTo = connectRedis({ url: replica.url, purpose: 'blocking', name: 'quota-bench' })
  await replicaTo.replicaof('127.0.0.1', redis.port)
  /** @type {Set<import('node:child_process').ChildProcess>} */
  const crew = new Set()
  /** @type {Record<string, number>[]} */
  const counts = []
  /** @type {number[]} */
  const writes = []

  /** @param {string} redisUrl */
  function startCaller(redisUrl) {
    const { apps, connections } = options
    const orders = { redisUrl, url: simulator.url, store: `file:${folder}`, apps, connections, tells: true }
    const one = fork(caller, [JSON.stringify(orders)])
    crew.add(one)
    one.on('message', (said) => {
      const { counts: told, wrote = [] } =
        /** @type {{ counts?: Record<string, number>, wrote?: number[] }} */ (said)
      writes.push(...wrote)
      if (told !== undefined) counts.push(told)
    })
    one.once('exit', () => crew.delete(one))
  }

  return {
    redis,
    replica,
    primaryTo,
    replicaTo,
    simulator,
    counts,
    /** Of all apps, in the machine's monotonic time; those of a killed process's last moments are missing. */
    writes,
    /** @param {string} [redisUrl] */
    async start(redisUrl = redis.url) {
      for (let n = 0; n < options.processes; n++) startCaller(redisUrl)
    },
    /** @param {string} [redisUrl] */
    killOne(redisUrl = redis.url) {
      const all = [...crew]
      all[Math.floor(Math.random() * all.length)]?.kill('SIGKILL')
      startCaller(redisUrl)
    },
    async stopCallers() {
      const exits = [...crew].map((one) => once(one, 'exit'))
      for (const one of crew) one.send('stop')
      await Promise.all(exits)
    },
    /** @param {string} appid @returns {Promise<{ at: number, outcome: string }[]>} */
    async calls(appid) {
      const answer = await fetch(`${simulator.adminUrl}/calls?appid=${appid}`)
      return /** @type {{ calls: { at: number, outcome: string }[] }} */ (await answer.json()).calls
    },
    async stop() {
      for (const one of crew) one.kill('SIGKILL')
      primaryTo.disconnect()
      replicaTo.disconnect()
      await Promise.all([simulator.stop(), redis.stop(), replica.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @param {WorldOptions} options */
async function startSimulator({ perMinute, window, latencyMs }) {
  const flags = ['--port', '0', '--admin-port', '0', '--per-minute', String(perMinute), '--window', window]
  const more = ['--latency-ms', String(latencyMs)]
  const simulator = spawnTethered([process.execPath, cli, 'simulator', ...flags, ...more])
  await simulator.wrote('"msg":"ready"')
  const { url, adminUrl } = JSON.parse(/\{"msg":"ready".*\}/.exec(simulator.output())?.[0] ?? '{}')
  return Object.assign(simulator, { url: String(url), adminUrl: String(adminUrl) })
}

export const isRejection = (/** @type {{ outcome: string }} */ { outcome }) =>
  outcome === '45009' || outcome === '45011'
