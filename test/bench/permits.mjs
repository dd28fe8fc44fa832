// @ts-check
/**
 * Does the minute quota hold, and how much of it is used? Processes take permits from a real Redis and make a call with each; the
 * calls are counted where they arrive. After a build: `npm run bench -- permits --minutes 5 --processes 2 --limit 5000`.
 * Ends with exit code 1 when a minute held more than the limit.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startRedis } from '../services/redis.mjs'
import { countArrivals, MINUTE_MS, mostInAny, rejectedByStrictWindow, shareUsed } from './count-arrivals.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    processes: { type: 'string', default: '2' },
    limit: { type: 'string', default: '5000' },
    takers: { type: 'string', default: '25' },
    'latency-ms': { type: 'string', default: '200' },
  },
})
const minutes = Number(values.minutes)
const limit = Number(values.limit)

const redis = await startRedis()
const counter = await countArrivals({ answerAfterMs: Number(values['latency-ms']) })
const orders = { redisUrl: redis.url, url: counter.url, limit, takers: Number(values.takers) }
const workers = Array.from({ length: Number(values.processes) }, () =>
  fork(new URL('./permits-taker.mjs', import.meta.url), [JSON.stringify(orders)]),
)
await new Promise((resolve) => setTimeout(resolve, minutes * MINUTE_MS))
const reports = await Promise.all(
  workers.map(async (worker) => {
    const report = once(worker, 'message')
    const exit = once(worker, 'exit')
    worker.send('stop')
    const [said] = await report
    await exit
    return said
  }),
)
await counter.close()
await redis.stop()

const most = mostInAny(counter.arrivals, MINUTE_MS)
const result = {
  processes: workers.length,
  limit,
  minutes,
  calls: counter.arrivals.length,
  shareUsed: Number(shareUsed(counter.arrivals, limit).toFixed(5)),
  mostInAnyMinute: most,
  mostInAnySecond: mostInAny(counter.arrivals, 1_000),
  rejectedByStrictWindow: rejectedByStrictWindow(counter.arrivals, limit),
  workers: reports,
}
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
process.exitCode = most > limit ? 1 : 0
