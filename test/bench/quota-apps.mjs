// @ts-check
/** Ten apps at once on one process: each uses its own quota, whatever befalls one of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { appKeys, readScript, runScript } from '@sunpress/redis'
import { MINUTE_MS } from './count-arrivals.mjs'
import { judgeCalls } from './quota-cell.mjs'
import { startWorld } from './quota-world.mjs'

const LATENCY_MS = 50
const SLOW = 50

/** @param {number} limit */
const appsAround = (limit) =>
  Array.from({ length: 10 }, (_, i) => ({
    appid: `wx${String(i).padStart(16, '0')}`,
    limit: Math.round(limit * (0.6 + 0.08 * i)),
  }))

/** @typedef {import('./quota-world.mjs').World} World */

/** @type {Record<string, (world: World, appid: import('@sunpress/core').AppId) => Promise<void>>} */
const CASES = {
  'all work': async () => {},
  'one is held': async (world, appid) => {
    const script = readScript('put-hold', new URL('../../packages/quota/src/', import.meta.url).href)
    const key = appKeys('quota', appid).permits('unlimited')
    await runScript(world.primaryTo, script, [key], [3_600_000, 'token', ''])
  },
  [`one is ${SLOW} times slower`]: async (world, appid) => {
    const slow = [
      { kind: 'slow_headers', match: { appid }, probability: 1, delayMs: LATENCY_MS * (SLOW - 1) },
    ]
    await fetch(`${world.simulator.adminUrl}/faults`, { method: 'PUT', body: JSON.stringify(slow) })
  },
}

/**
 * @param {{ minutes: number, limit: number }} terms
 * @returns {Promise<{ name: string, least: number, most: number, peak: number, lost: number, passed: boolean }[]>}
 *   `peak`: most calls of an app that came in in any 60 s, as a share of its limit;
 *   `lost`: by how much the nine others use less of their quotas than when all ten work
 */
export async function measureApps({ minutes, limit }) {
  const apps = appsAround(limit)
  const rows = []
  let before = 0
  for (const [name, befall] of Object.entries(CASES)) {
    const shares = await sharesOf(apps, minutes, befall)
    const others = shares.slice(1).map(({ share }) => share)
    const mean = others.reduce((sum, share) => sum + share, 0) / others.length
    before ||= mean
    const passed = shares.some(({ most }, i) => most > (apps[i]?.limit ?? 0))
    rows.push({
      name,
      least: Math.min(...others),
      most: Math.max(...others),
      peak: Math.max(...shares.map(({ most }, i) => most / (apps[i]?.limit ?? 1))),
      lost: Math.max(0, before - mean),
      passed,
    })
  }
  return rows
}

/** @param {{ appid: string, limit: number }[]} apps @param {number} minutes @param {(typeof CASES)[string]} befall */
async function sharesOf(apps, minutes, befall) {
  const world = await startWorld({
    ...{ window: 'sliding', perMinute: 100_000, apps, processes: 1, latencyMs: LATENCY_MS, connections: 600 },
  })
  try {
    await befall(world, /** @type {import('@sunpress/core').AppId} */ (apps[0]?.appid))
    await world.start()
    await sleep(minutes * MINUTE_MS)
    const endedAt = Date.now()
    const all = []
    for (const { appid, limit } of apps) all.push(judgeCalls(await world.calls(appid), limit, endedAt))
    return all
  } finally {
    await world.stop()
  }
}
