// @ts-check
/** What a permit costs when pace is no matter: permits a second of one process, and Redis's own time for each. */
import { setMaxListeners } from 'node:events'
import { DEFAULT_LOOK } from '@sunpress/core'
import { createPermits } from '@sunpress/quota'
import { connectRedis } from '@sunpress/redis'
import { systemClock } from '@sunpress/runtime'
import { startRedis } from '../services/redis.mjs'

const SECONDS = 5
const TAKERS = 200
/** Far beyond what one process can take. */
const LIFTED = 600_000_000

export async function measureCost() {
  const server = await startRedis()
  const redis = connectRedis({ url: server.url, purpose: 'command', name: 'quota-cost' })
  const records = /** @type {import('@sunpress/core').Records} */ (
    /** @type {unknown} */ ({
      putIfAbsent: async () => 'created',
      read: async () => null,
      list: async () => ({ keys: [], next: null }),
    })
  )
  let leases = 0
  const permits = createPermits({
    ...{ redis, namespace: 'cost', clock: systemClock, records },
    limitOf() {
      leases++
      return LIFTED
    },
  })
  const app = /** @type {import('@sunpress/core').AppId} */ ('wx0123456789abcdef')
  const campaign = /** @type {import('@sunpress/core').CampaignId} */ ('01M00000000000000000000000')
  const call = /** @type {const} */ ({ app, endpoint: 'getwxacodeunlimit', scene: 's=1', look: DEFAULT_LOOK })
  const ask = /** @type {const} */ ({ app, lane: 'unlimited', campaign, call })
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  let taken = 0
  let ends = Number.POSITIVE_INFINITY
  const take = async () => {
    while (performance.now() < ends) {
      const permit = await permits.take(ask, signal)
      await permits.answered(ask, permit, 'passed')
      taken++
    }
  }
  try {
    await permits.take(ask, signal)
    await redis.config('RESETSTAT')
    leases = 0
    ends = performance.now() + SECONDS * 1_000
    await Promise.all(Array.from({ length: TAKERS }, take))
    const stats = await redis.info('commandstats')
    // The commands that a script runs are counted within its own time.
    const usec = [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    )
    return {
      permitsPerSecond: taken / SECONDS,
      redisMicros: usec / taken,
      leased: taken / Math.max(1, leases),
    }
  } finally {
    permits.close()
    redis.disconnect()
    await server.stop()
  }
}
