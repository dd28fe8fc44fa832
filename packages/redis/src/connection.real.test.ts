import { afterEach, describe, expect, it } from 'vitest'
import { startRedis } from '../../../test/services/redis.mjs'
import { type ConnectOptions, connectRedis } from './connection.js'
import { asking } from './redis-fault.js'
import { describeServer } from './server.js'

let ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends = []
})

async function start() {
  const server = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] })
  ends.push(() => server.stop())
  const connect = (purpose: ConnectOptions['purpose'], more: Partial<ConnectOptions> = {}) => {
    const redis = connectRedis({ url: server.url, purpose, name: `test-${purpose}`, ...more })
    ends.push(() => redis.disconnect())
    return redis
  }
  return { server, connect }
}

describe('a command connection', () => {
  it('fails soon while Redis is away, and works again by itself when it is back', async () => {
    const { server, connect } = await start()
    const errors: Error[] = []
    const redis = connect('command', { onError: (error) => errors.push(error) })
    await redis.set('kept', '1')
    const { runId } = await describeServer(redis)
    await server.kill()
    const startedMs = performance.now()
    await expect(asking(() => redis.get('kept'))).rejects.toMatchObject({ code: 'redis_unavailable' })
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    await expect(describeServer(redis)).rejects.toThrow(
      `unreachable. Asked at 127.0.0.1:${server.port}, as REDIS_URL`,
    )
    await server.restart()
    const read = async (): Promise<string | null> => asking(() => redis.get('kept')).catch(() => read())
    expect(await read()).toBe('1')
    expect((await describeServer(redis)).runId).not.toBe(runId)
    expect(errors.length).toBeGreaterThan(0)
  })

  it('is named, so that CLIENT LIST tells who it is', async () => {
    const { connect } = await start()
    expect(await connect('command').client('GETNAME')).toBe('test-command')
  })
})

describe('a blocking connection', () => {
  it('waits for a Redis that is away', async () => {
    const { server, connect } = await start()
    const redis = connect('blocking')
    await redis.set('kept', '1')
    await server.kill()
    const read = redis.get('kept')
    await server.restart()
    expect(await read).toBe('1')
  })
})
