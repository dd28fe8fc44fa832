// @ts-check
/** One process of quota.mjs: a BullMQ worker with a limiter of its own, whose jobs each make a call. Ends with its parent. */
import { createRequire } from 'node:module'
import { connectRedis } from '@sunpress/redis'
import { Pool } from 'undici'

// BullMQ is a dependency of the queue alone.
const { Queue, Worker } = createRequire(new URL('../../packages/queue/package.json', import.meta.url))(
  'bullmq',
)
const { redisUrl, url, max, duration, jobs } = JSON.parse(process.argv[2] ?? '{}')
process.on('disconnect', () => process.exit())

const connection = connectRedis({ url: redisUrl, purpose: 'blocking', name: 'bull-bench' })
const name = `limiter-${max}`
const queue = new Queue(name, { connection })
for (let first = 0; first < jobs; first += 1_000) {
  const some = Array.from({ length: Math.min(1_000, jobs - first) }, () => ({ name: 'call', data: {} }))
  await queue.addBulk(some.map((job) => ({ ...job, opts: { removeOnComplete: true } })))
}
const pool = new Pool(url, { connections: 400 })
const call = async () => {
  const { body } = await pool.request({ path: '/', method: 'POST', body: '{}' })
  await body.dump()
}
const worker = new Worker(name, call, { connection, concurrency: 400, limiter: { max, duration } })
worker.on('error', () => {})
process.send?.('ready')
