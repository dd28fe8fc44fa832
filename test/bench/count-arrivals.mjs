// @ts-check
/**
 * Counts calls where they arrive and judges them against a limit. Knows nothing of how calls are limited and shares no code with it.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'

export const MINUTE_MS = 60_000

/**
 * @param {{ answerAfterMs?: number }} [options]
 * @returns {Promise<{ url: string, arrivals: readonly number[], close: () => Promise<void> }>} arrivals in ms of performance.now()
 */
export async function countArrivals({ answerAfterMs = 0 } = {}) {
  /** @type {number[]} */
  const arrivals = []
  const server = createServer((request, response) => {
    arrivals.push(performance.now())
    request.resume()
    setTimeout(() => response.end('counted'), answerAfterMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${address.port}`,
    arrivals,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/**
 * The most arrivals in any closed interval of that length.
 * @type {(arrivals: readonly number[], windowMs: number) => number}
 */
export function mostInAny(arrivals, windowMs) {
  let most = 0
  let first = 0
  for (const [last, at] of arrivals.entries()) {
    while (at - (arrivals[first] ?? at) > windowMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/**
 * What a server would refuse that allows `limit` accepted calls in the minute before each call.
 * @type {(arrivals: readonly number[], limit: number) => number}
 */
export function rejectedByStrictWindow(arrivals, limit) {
  /** @type {number[]} */
  const accepted = []
  let first = 0
  for (const at of arrivals) {
    while (first < accepted.length && at - (accepted[first] ?? at) > MINUTE_MS) first++
    if (accepted.length - first < limit) accepted.push(at)
  }
  return arrivals.length - accepted.length
}

/**
 * Arrivals from the first to the last as a share of what the limit allows in that time.
 * @type {(arrivals: readonly number[], limit: number) => number}
 */
export function shareUsed(arrivals, limit) {
  const tookMs = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)
  return tookMs > 0 ? ((arrivals.length - 1) / tookMs) * (MINUTE_MS / limit) : 0
}
