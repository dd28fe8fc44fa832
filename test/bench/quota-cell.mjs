// @ts-check
/** One cell of quota.mjs: an app under one window model while one fault befalls it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { appKeys } from '@sunpress/redis'
import { MINUTE_MS, mostInAny } from './count-arrivals.mjs'
import { FAULTS, isRepeated, startAddress } from './quota-faults.mjs'
import { isRejection, startWorld } from './quota-world.mjs'

const APP = /** @type {import('@sunpress/core').AppId} */ ('wx0123456789abcdef')

/**
 * @param {{ minutes: number, limit: number, processes: number, latencyMs: number, window: string, fault: string }} terms
 * @returns {Promise<{ share: number, written: number, most: number, rejected: number, lost: number }>}
 *   share of what the limit allows from 5 s behind the first call on; most calls in any 60 s, as they were written and as they came in; permits
 *   that nobody could use in time
 */
export async function measureCell({ minutes, limit, processes, latencyMs, window, fault }) {
  const befall = FAULTS[fault]
  if (befall === undefined) throw new RangeError(`no such fault: ${fault}`)
  const world = await startWorld({
    window,
    perMinute: limit,
    apps: [{ appid: APP, limit }],
    processes,
    latencyMs,
  })
  const address = await startAddress(world.redis.port)
  const over = new AbortController()
  try {
    await world.start(address.url)
    if (!isRepeated(fault)) await sleep((minutes * MINUTE_MS) / 3)
    const key = appKeys('quota', APP).permits('unlimited')
    const befalling = befall(world, key, address, over.signal).catch((end) => {
      if (!over.signal.aborted) throw end
    })
    await sleep(isRepeated(fault) ? minutes * MINUTE_MS : (minutes * MINUTE_MS * 2) / 3)
    const endedAt = Date.now()
    over.abort(new Error('over'))
    await befalling
    await world.stopCallers()
    const written = mostInAny(
      world.writes.toSorted((a, b) => a - b),
      MINUTE_MS,
    )
    const lost = world.counts.reduce((sum, { wasted = 0, late = 0 }) => sum + wasted + late, 0)
    return { ...judgeCalls(await world.calls(APP), limit, endedAt), written, lost }
  } finally {
    address.close()
    await world.stop()
  }
}

const BEGINS_MS = 5_000

/** @param {{ at: number, outcome: string }[]} all @param {number} limit @param {number} endedAt */
export function judgeCalls(all, limit, endedAt) {
  const calls = all.filter(({ at }) => at <= endedAt)
  // A process that begins is no loss of the quota's. Its first calls travel long and come in together: a stretch that begins with
  // them holds more calls than its length allows, though no 60 s do.
  const beganAt = (calls[0]?.at ?? endedAt) + BEGINS_MS
  const steady = calls.filter(({ at }) => at > beganAt).length
  return {
    share: endedAt > beganAt ? (steady / (endedAt - beganAt)) * (MINUTE_MS / limit) : 0,
    most: mostInAny(
      calls.map(({ at }) => at),
      MINUTE_MS,
    ),
    rejected: calls.filter(isRejection).length,
  }
}
