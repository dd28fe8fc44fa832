// @ts-check
/**
 * The whole press at WeChat's real limit: worker processes print against the simulator's sliding window, and every call is
 * counted where it arrives, by code that knows nothing of how calls are limited.
 * Usage: npm run bench -- minute [--minutes 5] [--workers 2] [--per-minute 5000] [--latency-ms 200]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { APPID, startPress } from '../services/press.mjs'
import { MINUTE_MS, mostInAny, rejectedByStrictWindow, shareUsed } from './count-arrivals.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    workers: { type: 'string', default: '2' },
    'per-minute': { type: 'string', default: '5000' },
    'latency-ms': { type: 'string', default: '200' },
  },
})
const minutes = Number(values.minutes)
const limit = Number(values['per-minute'])
const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

const press = await startPress({
  perMinute: limit,
  latencyMs: Number(values['latency-ms']),
  window: 'sliding',
})
try {
  for (let n = 0; n < Number(values.workers); n++) await press.startWorker()
  // More than can be printed: work always waits.
  await press.submit(Math.ceil(limit * (minutes + 1)))
  print(`${values.workers} workers, limit ${limit} a minute, ${minutes} minutes …`)
  await sleep(minutes * MINUTE_MS + 5_000)
  const answer = await fetch(`${press.simulator.adminUrl}/calls?appid=${APPID}`)
  const { calls } = /** @type {{ calls: { at: number, outcome: string }[] }} */ (await answer.json())
  const first = calls[0]?.at ?? 0
  const within = calls.filter(({ at }) => at - first < minutes * MINUTE_MS)
  const arrivals = within.map(({ at }) => at)
  const refused = within.filter(({ outcome }) => outcome === '45009' || outcome === '45011').length
  print(`calls                         ${arrivals.length}`)
  print(`share of the quota used       ${((100 * arrivals.length) / (limit * minutes)).toFixed(2)} %`)
  print(`share after the first minute  ${(100 * shareUsed(arrivals, limit)).toFixed(2)} %`)
  print(`most in any 60 s              ${mostInAny(arrivals, MINUTE_MS)} of ${limit}`)
  print(`refused by the simulator      ${refused}`)
  print(`a strict window would refuse  ${rejectedByStrictWindow(arrivals, limit)}`)
} finally {
  await press.stop()
}
