/** The ways to lose what a Redis of the test's own holds. */
import { access, copyFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { RedisServer } from '../services/redis.mjs'

export const LOSSES = ['FLUSHALL', 'a new empty Redis', 'an older snapshot restored'] as const
export type Loss = (typeof LOSSES)[number]

/** Keeps what Redis holds now beside its folder's dump, where no start finds it. */
export async function keepSnapshot(redis: RedisServer): Promise<void> {
  await asking(redis, (client) => client.save())
  await rename(join(redis.dir, DUMP), join(redis.dir, KEPT))
}

export async function lose(redis: RedisServer, loss: Loss): Promise<void> {
  if (loss === 'FLUSHALL') return await asking(redis, async (client) => void (await client.flushall()))
  await redis.kill('SIGKILL')
  await rm(join(redis.dir, DUMP), { force: true })
  if (loss === 'an older snapshot restored') {
    await access(join(redis.dir, KEPT))
    await copyFile(join(redis.dir, KEPT), join(redis.dir, DUMP))
  }
  await redis.restart()
}

/**
 * Jobs that workers can take now, of these apps, in their unlimited lanes. What a snapshot says to be in a worker's hands stays there
 * until it counts as stalled.
 */
export const waitingIn = (redis: RedisServer, apps: readonly string[]): Promise<number> =>
  asking(redis, async (client) => {
    const lanes = apps.map((app) => `sunpress:{${app}}:unlimited`)
    const counts = await Promise.all(
      lanes.flatMap((lane) => [client.llen(`${lane}:wait`), client.zcard(`${lane}:prioritized`)]),
    )
    return counts.reduce((sum, one) => sum + one, 0)
  })

const DUMP = 'dump.rdb'
const KEPT = 'kept.rdb'

async function asking<T>(redis: RedisServer, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url)
  try {
    return await ask(client)
  } finally {
    client.disconnect()
  }
}
