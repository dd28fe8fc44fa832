// @ts-check
/** One process of permits.mjs: always has so many scenes in hand, and makes a call with each permit that it gets. */

import { setMaxListeners } from 'node:events'
import { DEFAULT_LOOK } from '@sunpress/core'
import { createPermits } from '@sunpress/quota'
import { connectRedis } from '@sunpress/redis'
import { systemClock } from '@sunpress/runtime'
import { Pool } from 'undici'

const { redisUrl, url, limit, takers } = JSON.parse(process.argv[2] ?? '{}')
const counts = { granted: 0, wasted: 0, late: 0, refused: /** @type {Record<string, number>} */ ({}) }
const app = /** @type {import('@sunpress/core').AppId} */ ('wx0123456789abcdef')
const ask = /** @type {import('@sunpress/core').PermitAsk} */ ({
  app,
  lane: 'unlimited',
  campaign: '01M00000000000000000000000',
  call: {
    app,
    endpoint: 'getwxacodeunlimit',
    scene: 's=1',
    look: { ...DEFAULT_LOOK, page: 'pages/index/index' },
  },
})
const redis = connectRedis({ url: redisUrl, purpose: 'command', name: 'minute-bench' })
const pool = new Pool(url, { connections: 200 })
const closing = new AbortController()
setMaxListeners(0, closing.signal)

/** Redis is empty at first and every process may say so: only the marks of calls are asked for. */
const records = /** @type {import('@sunpress/core').Records} */ (
  /** @type {unknown} */ ({
    putIfAbsent: async () => 'created',
    read: async () => null,
    list: async () => ({ keys: [], next: null }),
  })
)
const permits = createPermits({
  redis,
  namespace: 'bench',
  clock: systemClock,
  limitOf: () => limit,
  records,
  observer: {
    granted: (_app, _lane, n) => {
      counts.granted += n
    },
    wasted: (_app, _lane, n) => {
      counts.wasted += n
    },
  },
})

async function call() {
  const { body } = await pool.request({ path: '/', method: 'POST', body: '{}' })
  await body.dump()
}

const calls = new Set()

async function work() {
  while (!closing.signal.aborted) {
    try {
      const permit = await permits.take(ask, closing.signal)
      if (performance.now() > permit.notAfterMs) {
        counts.late++
        continue
      }
      const one = call().finally(() => calls.delete(one))
      calls.add(one)
    } catch (fault) {
      if (closing.signal.aborted) return
      const { code = 'unknown', afterMs = 1_000 } = /** @type {import('@sunpress/core').WaitFault} */ (fault)
      counts.refused[code] = (counts.refused[code] ?? 0) + 1
      await systemClock.sleep(afterMs)
    }
  }
}

process.once('message', async () => {
  closing.abort(new Error('stopped'))
  await Promise.all([...loops, ...calls])
  permits.close()
  redis.disconnect()
  await pool.close()
  process.send?.(counts, () => process.disconnect())
})
const loops = Array.from({ length: takers }, work)
