import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { type RedisServer, startRedis } from '../services/redis.mjs'
import { spawnTethered } from '../services/tether.mjs'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function connect(url: string): Redis {
  const redis = new Redis(url)
  cleanups.push(() => redis.disconnect())
  return redis
}

async function startOwnRedis(options: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const server = await startRedis(options)
  cleanups.push(server.stop)
  return server
}

describe('the shared services', () => {
  test('Redis answers and evicts nothing', async () => {
    const redis = connect(inject('redisUrl'))
    expect(await redis.ping()).toBe('PONG')
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
  })

  test('S3 refuses the second create-only put of a key with 412', async () => {
    const { endpoint, region, accessKeyId, secretAccessKey } = inject('s3')
    const s3 = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    })
    cleanups.push(() => s3.destroy())
    const Bucket = `services-${Date.now().toString(36)}-${process.pid}`
    await s3.send(new CreateBucketCommand({ Bucket }))
    const put = () =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: Buffer.from('x'), IfNoneMatch: '*' }))
    expect((await put()).$metadata.httpStatusCode).toBe(200)
    await expect(put()).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    })
  })
})

describe('a private Redis', () => {
  test('keeps its appended data, port and folder over a kill and a restart', async () => {
    const server = await startOwnRedis({ appendonly: true, args: ['--appendfsync', 'always'] })
    const { pid, port } = server
    await connect(server.url).set('k', 'v')
    await server.restart()
    expect(server.pid).not.toBe(pid)
    expect(server.port).toBe(port)
    expect(await connect(server.url).get('k')).toBe('v')
  })

  test('has a port that nobody is given meanwhile who asks for any: it can come back', async () => {
    const [firstGiven = ''] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)
    const { port } = await startOwnRedis({})
    expect(port).toBeLessThan(Number(firstGiven))
  })

  test('takes its folder with it when stopped, even after it was killed', async () => {
    const server = await startOwnRedis({})
    await server.kill('SIGKILL')
    expect(existsSync(server.dir)).toBe(true)
    await server.stop()
    await server.stop()
    expect(existsSync(server.dir)).toBe(false)
  })
})

describe('a tethered command', () => {
  const owner = fileURLToPath(new URL('../services/tethered-owner.mjs', import.meta.url))

  test('is heard however much it writes at once', async () => {
    const script = 'process.stdout.write("sign" + "x".repeat(60_000)); setInterval(() => {}, 1e6)'
    const command = spawnTethered([process.execPath, '-e', script])
    cleanups.push(command.stop)
    await command.wrote('sign')
    expect(command.output()).not.toContain('sign')
  })

  test('ends, with its children and its folder, when its owner is killed with SIGKILL', async () => {
    const base = await mkdtemp(join(tmpdir(), 'sunpress-tether-'))
    cleanups.push(() => rm(base, { recursive: true, force: true }))
    const folder = join(base, 'removed')
    const fifo = join(base, 'alive')
    await mkdir(folder)
    execFileSync('mkfifo', [fifo])
    // It and its child ignore SIGTERM and hold the fifo open: the fifo ends when both are dead.
    const stubborn = 'exec 9>"$0"; trap "" TERM; sleep 600 & echo up >&9; while :; do wait; done'
    const parent = spawn(process.execPath, [owner, folder, '/bin/sh', '-c', stubborn, fifo], {
      stdio: 'ignore',
    })
    const alive = createReadStream(fifo)
    await once(alive, 'data')
    expect(existsSync(folder)).toBe(true)
    parent.kill('SIGKILL')
    await once(alive, 'end')
    expect(existsSync(folder)).toBe(false)
  })
})
