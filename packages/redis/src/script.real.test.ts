import { createHash, randomUUID } from 'node:crypto'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { connectRedis } from './connection.js'
import { runScript, type Script } from './script.js'
import { checkServer, describeServer } from './server.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'script-test' })
afterAll(() => {
  redis.disconnect()
})

const scriptOf = (source: string): Script => ({
  name: 'test',
  source,
  sha: createHash('sha1').update(source).digest('hex'),
})

describe('runScript', () => {
  it('runs a script that the server has never seen, and the next time by its digest', async () => {
    const script = scriptOf(`-- ${randomUUID()}\nreturn { KEYS[1], ARGV[1], #ARGV }`)
    expect(await redis.script('EXISTS', script.sha)).toEqual([0])
    expect(await runScript(redis, script, ['k'], ['v', 2])).toEqual(['k', 'v', 2])
    expect(await redis.script('EXISTS', script.sha)).toEqual([1])
    expect(await runScript(redis, script, ['k'], ['v'])).toEqual(['k', 'v', 1])
  })

  it("throws a fault that tells nothing of the script's arguments", async () => {
    const script = scriptOf("return redis.error_reply('ODD ' .. ARGV[1])")
    const fault = await runScript(redis, script, [], ['hush']).catch((error: unknown) => error)
    expect(fault).toMatchObject({ kind: 'wait', code: 'redis_unavailable' })
    expect(String((fault as Error).stack)).not.toContain('hush')
  })
})

describe('describeServer', () => {
  it('tells the run, the version and the policy of a server that may be used', async () => {
    const server = await describeServer(redis)
    expect(server.runId).toMatch(/^[0-9a-f]{40}$/)
    expect(server.maxmemoryPolicy).toBe('noeviction')
    expect(() => checkServer(server)).not.toThrow()
  })
})
