// @ts-check
/** BullMQ's own limiter at the same limit: its calls are counted, and judged by the simulator's windows afterwards. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createWindow, WINDOW_KINDS } from '../../apps/simulator/dist/window.js'
import { startRedis } from '../services/redis.mjs'
import { countArrivals, MINUTE_MS, mostInAny } from './count-arrivals.mjs'

const main = fileURLToPath(new URL('./quota-bull.mjs', import.meta.url))

/**
 * It doesn't hear of rejections, as they come from no limiter of its own: its calls are the same under every window.
 * @param {{ minutes: number, limit: number }} terms
 */
export function measureBull({ minutes, limit }) {
  const limiters = [
    { max: limit, duration: MINUTE_MS },
    { max: Math.floor(limit / 60), duration: 1_000 },
  ]
  return Promise.all(
    limiters.map(async ({ max, duration }) => {
      const arrivals = await run({ max, duration, minutes, jobs: Math.ceil(limit * (minutes + 1.5)) })
      const most = mostInAny(arrivals, MINUTE_MS)
      const share = arrivals.length / (limit * minutes)
      const cells = WINDOW_KINDS.map((window) => ({
        window,
        share,
        most,
        rejected: rejectedBy(window, arrivals, limit),
      }))
      return { name: `BullMQ {${max}, ${duration / 1_000} s}`, cells }
    }),
  )
}

/** @param {{ max: number, duration: number, minutes: number, jobs: number }} terms */
async function run({ max, duration, minutes, jobs }) {
  const redis = await startRedis()
  const counter = await countArrivals({ answerAfterMs: 200 })
  const worker = fork(main, [JSON.stringify({ redisUrl: redis.url, url: counter.url, max, duration, jobs })])
  try {
    await once(worker, 'message')
    await sleep(minutes * MINUTE_MS)
    return [...counter.arrivals]
  } finally {
    worker.kill('SIGKILL')
    await counter.close()
    await redis.stop()
  }
}

/** @param {import('../../apps/simulator/dist/window.js').WindowKind} kind @param {readonly number[]} arrivals @param {number} limit */
function rejectedBy(kind, arrivals, limit) {
  const window = createWindow(kind, limit)
  return arrivals.filter((at) => !window.admit(performance.timeOrigin + at)).length
}
