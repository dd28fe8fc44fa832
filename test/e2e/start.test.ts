/** Starts that must fail: each ends by itself, with the right code, and names what is wrong; no secret is among it. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { claimParts } from '../services/parts.mjs'
import { type RedisServer, startRedis } from '../services/redis.mjs'
import { s3Variables } from './installation.js'
import { type Environment, type Role, runToEnd, startService } from './service.js'

const MISUSED = 2
const FAILED = 1
const CANARY = 'canary-7d1f00c0ffee'
/** Nobody listens there: it is below the ports that a listener gets who asks for any. */
const CLOSED = '9'

describe('a start that cannot work', () => {
  let folder: string
  let strict: RedisServer
  let evicting: RedisServer
  let taken: Server
  let bucket: string
  let places: Record<'folder' | 'strict' | 'evicting' | 'closed' | 'taken' | 'bucket', string>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sunpress-start-'))
    strict = await startRedis({ args: ['--requirepass', 'right'] })
    evicting = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    bucket = await makeBucket()
    await writeFile(join(folder, 'a-file'), '')
    await writeFile(join(folder, 'keys.yaml'), `- { id: ops, sha256: ${CANARY}, scopes: [read] }\n`)
    await writeFile(
      join(folder, 'apps.yaml'),
      `apps:\n  - appid: shop\n    credential: { kind: secret, appSecret: "${CANARY}" }\n`,
    )
    await writeFile(join(folder, 'torn.yaml'), `apps:\n  - appid: [wx, ${CANARY}\n`)
    places = {
      folder,
      strict: String(strict.port),
      evicting: String(evicting.port),
      closed: CLOSED,
      taken: portOf(taken),
      bucket,
    }
  })
  afterAll(async () => {
    taken.close()
    await Promise.all([strict.stop(), evicting.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  /** What would start, but for what a test changes. */
  const sound = (): Environment => ({
    REDIS_URL: inject('redisUrl'),
    SUNPRESS_NAMESPACE: `start${process.pid}`,
    SUNPRESS_STORE: `file:${folder}/store`,
    WECHAT_APPID: 'wx0123456789abcdef',
    WECHAT_APPSECRET: CANARY,
    WECHAT_BASE_URL: 'http://127.0.0.1:9',
    PORT: '0',
    METRICS_PORT: '0',
  })

  const BOTH: readonly Role[] = ['producer', 'worker']
  interface Case {
    readonly what: string
    readonly roles?: readonly Role[]
    /** `{name}` stands for one of the places. */
    readonly env: Environment
    readonly code: number
    readonly says: readonly string[]
    readonly withoutApps?: true
    readonly s3?: true
  }

  const CASES: readonly Case[] = [
    {
      what: 'variables that are unknown or malformed, all at once',
      env: {
        SUNPRESS_STROE: 'x',
        LOG_LEVEL: 'loud',
        METRICS_PORT: '66000',
        REDIS_URL: `http://:${CANARY}@h`,
      },
      code: MISUSED,
      says: [
        'SUNPRESS_STROE',
        'did you mean SUNPRESS_STORE',
        'LOG_LEVEL',
        'METRICS_PORT',
        'REDIS_URL',
        '4 defects',
      ],
    },
    {
      what: 'no app',
      roles: ['worker'],
      withoutApps: true,
      env: {},
      code: MISUSED,
      says: ['SUNPRESS_APPS_FILE', 'WECHAT_APPID'],
    },
    {
      what: 'an apps file with a secret in it and a wrong appid',
      roles: ['worker'],
      withoutApps: true,
      env: { SUNPRESS_APPS_FILE: '{folder}/apps.yaml' },
      code: MISUSED,
      says: ['apps.yaml', 'appid', 'appSecret', 'file:', 'env:'],
    },
    {
      what: 'an apps file that is no YAML',
      roles: ['worker'],
      withoutApps: true,
      env: { SUNPRESS_APPS_FILE: '{folder}/torn.yaml' },
      code: MISUSED,
      says: ['torn.yaml', 'line 3'],
    },
    {
      what: 'a keys file with a key in place of its hash',
      roles: ['producer'],
      env: { SUNPRESS_API_KEYS_FILE: '{folder}/keys.yaml' },
      code: MISUSED,
      says: ['keys.yaml', 'sha256'],
    },
    {
      what: 'an address beyond the loopback without API keys',
      roles: ['producer'],
      env: { HOST: '0.0.0.0' },
      code: MISUSED,
      says: ['HOST', 'SUNPRESS_API_KEYS_FILE'],
    },
    {
      what: 'a taken port',
      roles: ['producer'],
      env: { PORT: '{taken}' },
      code: MISUSED,
      says: ['PORT', '{taken}'],
    },
    {
      what: 'a taken metrics port',
      env: { METRICS_PORT: '{taken}' },
      code: MISUSED,
      says: ['METRICS_PORT', '{taken}'],
    },
    {
      what: 'no Redis',
      env: { REDIS_URL: `redis://:${CANARY}@127.0.0.1:{closed}` },
      code: FAILED,
      says: ['REDIS_URL', '127.0.0.1:{closed}', 'unreachable'],
    },
    {
      what: 'a Redis that refuses the password',
      roles: ['worker'],
      env: { REDIS_URL: `redis://:${CANARY}@127.0.0.1:{strict}` },
      code: FAILED,
      says: ['Redis', 'WRONGPASS'],
    },
    {
      what: 'a Redis that evicts',
      env: { REDIS_URL: 'redis://127.0.0.1:{evicting}' },
      code: FAILED,
      says: ['Redis', 'maxmemory-policy', 'noeviction', 'allkeys-lru'],
    },
    {
      what: 'a store whose folder cannot be made',
      roles: ['worker'],
      env: { SUNPRESS_STORE: 'file:{folder}/a-file/store' },
      code: FAILED,
      says: ['{folder}/a-file/store cannot be used', 'ENOTDIR'],
    },
    {
      what: 'a bucket that is not there',
      roles: ['worker'],
      s3: true,
      env: { SUNPRESS_STORE: 's3://{bucket}-not/codes' },
      code: FAILED,
      says: ['{bucket}-not', 'NoSuchBucket', 'SUNPRESS_STORE'],
    },
    {
      what: 'a bucket that is not ours',
      roles: ['worker'],
      s3: true,
      env: { SUNPRESS_STORE: 's3://{bucket}', AWS_SECRET_ACCESS_KEY: CANARY },
      code: FAILED,
      says: ['{bucket}', '403', 'AWS_SECRET_ACCESS_KEY'],
    },
  ]

  const starts = CASES.flatMap((each) => (each.roles ?? BOTH).map((role) => ({ ...each, role })))

  it.concurrent.each(starts)('$role: $what', async ({ role, env, withoutApps, s3, code, says }) => {
    const fill = (text: string) =>
      text.replace(/\{(\w+)\}/g, (_, name) => places[name as keyof typeof places])
    const apps = withoutApps ? { WECHAT_APPID: '', WECHAT_APPSECRET: '' } : {}
    const given = Object.fromEntries(Object.entries(env).map(([name, text]) => [name, fill(text)]))
    const ended = await runToEnd(role, {
      ...sound(),
      ...apps,
      ...(s3 ? s3Variables(inject('s3')) : {}),
      ...given,
    })
    expect(ended).toMatchObject({ code })
    for (const words of says) expect(ended.output).toContain(fill(words))
    expect(ended.output).not.toContain(CANARY)
    expect(ended.output).not.toMatch(/\n {4}at /)
  })

  it('says so of a full disk', async () => {
    const disk = join(folder, 'disk')
    const unshare = await claimParts({
      programs: ['unshare'],
      packages: ['util-linux'],
      instead: 'run as root',
    })
    const script = `mkdir ${disk} && mount -t tmpfs -o size=64k none ${disk} && { head -c 100k /dev/zero >${disk}/full 2>/dev/null; exec "$@"; }`
    const before = [...unshare, 'unshare', '-Urm', 'sh', '-c', script, 'sh']
    const ended = await runToEnd('worker', { ...sound(), SUNPRESS_STORE: `file:${disk}/store` }, [], before)
    expect(ended).toMatchObject({ code: FAILED })
    expect(ended.output).toContain('ENOSPC')
    expect(ended.output).toContain(`${disk}/store`)
  })

  it.each(BOTH)('is none with nothing changed: the %s gets ready, and ends well', async (role) => {
    const service = await startService(role, { env: sound() })
    process.kill(service.pid, 'SIGTERM')
    expect(await service.exited).toBe('exit 0')
    expect(service.everything()).not.toContain(CANARY)
  })
})

const portOf = (server: Server): string => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? String(address.port) : ''
}

async function makeBucket(): Promise<string> {
  const s3 = inject('s3')
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3,
    forcePathStyle: true,
  })
  const bucket = `start-${createHash('sha256').update(randomBytes(8)).digest('hex').slice(0, 12)}`
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return bucket
}
