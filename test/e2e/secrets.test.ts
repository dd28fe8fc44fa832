/**
 * One faulty run of everything, with secrets that can be told: then nothing that it has said or written holds one of them.
 * Logs are at trace, a reset or a lie waits behind every door, Redis dies, and both stores fail for a while.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Answer, type Campaign, createApi } from './api.js'
import { findSecrets, formsOf, type Trace } from './find-secrets.js'
import { appid, type Installation, s3Variables, startInstallation } from './installation.js'
import { type RecordingProxy, startProxy } from './proxy.js'
import { readBucket, readFolder, readRedis } from './read-traces.js'

/** With characters that URLs, JSON and base64 write differently. */
const canary = (name: string): string => `canary-${name}/+${randomBytes(9).toString('hex')}&="~`

const APP_SECRET = canary('app')
const REDIS_PASSWORD = canary('redis')
const API_KEY = `canary-key-${randomBytes(12).toString('hex')}`
const [FIRST, HELD, REFUSED] = [appid(0), appid(1), appid(2)] as const

/** Each strikes its scene once, but for the last. */
const FAULTS: readonly object[] = [
  { kind: '-1' },
  { kind: 'token_revoked' },
  { kind: 'html_page' },
  { kind: 'reset' },
  { kind: 'cut_short_right_length' },
  { kind: 'cut_short_wrong_length' },
  { kind: 'json_as_image' },
  { kind: 'png_as_jpeg' },
  { kind: 'empty_200' },
  { kind: '502' },
  { kind: '503' },
  { kind: 'errcode', errcode: 987_654 },
  // Nobody keeps WeChat, or a proxy before it, from repeating what it was sent.
  { kind: 'errcode', errcode: -1, errmsg: `busy, secret=${APP_SECRET} hint: ${APP_SECRET}` },
].map((fault, n) => ({ ...fault, match: { scene: `f=${n}` }, count: 1 }))
/** Codes under which the run has to speak of them. */
const MET = [
  ...[
    'upstream_-1',
    'upstream_40001',
    'upstream_987654',
    'upstream_http_502',
    'upstream_45009',
    'upstream_40125',
  ],
  ...['upstream_reset', 'upstream_empty', 'upstream_not_a_picture', 'picture_truncated'],
  ...['picture_wrong_format', 'invalid_scene', 'redis_unavailable'],
]

describe('a faulty run', () => {
  let folder: string
  let works: Installation
  let proxies: { readonly wechat: RecordingProxy; readonly s3: RecordingProxy }
  let traces: Trace[]
  let secrets: Record<string, string>
  let campaign: Campaign
  let rejected: number[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sunpress-secrets-'))
    const answers: Answer<unknown>[] = []
    const bucket = await makeBucket()
    const keysFile = join(folder, 'keys.yaml')
    const sha256 = createHash('sha256').update(API_KEY).digest('hex')
    await writeFile(keysFile, `- { id: ops, sha256: ${sha256}, scopes: [read, write] }\n`)
    const s3 = await startProxy(inject('s3').endpoint)
    let wechat: RecordingProxy | undefined
    works = await startInstallation({
      redis: { appendonly: true, args: ['--appendfsync', 'always', '--requirepass', REDIS_PASSWORD] },
      redisLogin: `:${encodeURIComponent(REDIS_PASSWORD)}@`,
      appSecret: APP_SECRET,
      api: { key: API_KEY, seen: (answer) => answers.push(answer) },
      async front(url) {
        wechat = await startProxy(url)
        return wechat.url
      },
      env: {
        LOG_LEVEL: 'trace',
        NODE_OPTIONS: '--trace-warnings',
        SUNPRESS_API_KEYS_FILE: keysFile,
        SUNPRESS_STORE: `s3://${bucket}`,
        SUNPRESS_LEDGER: `file:${folder}/ledger`,
        ...s3Variables({ ...inject('s3'), endpoint: s3.url }),
      },
    })
    if (wechat === undefined) throw new Error('the installation has asked for no proxy')
    proxies = { wechat, s3 }
    const early: Trace[] = []
    const readNow = async (when: string) => {
      early.push(
        ...(await readRedis(works.redisUrl)).map((trace) => ({ ...trace, where: `${when} ${trace.where}` })),
      )
    }

    const id = await beginFaultyCampaign()
    const workers = await Promise.all([works.startWorker(), works.startWorker()])
    campaign = await endFaultyCampaign(id, readNow)
    rejected = await askBadly(answers)
    const metrics = await Promise.all(
      [works.producer, ...workers].flatMap(({ metricsUrl }) =>
        ['', '/../livez', '/../readyz'].map(
          async (path) => await (await fetch(new URL(`${metricsUrl}${path}`))).text(),
        ),
      ),
    )
    await readNow('late')
    await Promise.all(workers.map((worker) => worker.kill('SIGTERM')))
    await works.producer.kill('SIGTERM')
    traces = [
      ...early,
      // All that was ever written, also what is gone again.
      ...(await readFolder(works.redis.dir)),
      { where: "Redis' log", text: works.redis.output() },
      ...(await readFolder(`${folder}/ledger`)),
      ...(await readBucket(inject('s3'), bucket)),
      ...works.services.map(({ everything, pid }) => ({ where: `output of ${pid}`, text: everything() })),
      ...metrics.map((text) => ({ where: 'metrics', text })),
      ...answers.map(({ headers, text, status }) => ({
        where: `answer ${status}`,
        text: `${JSON.stringify([...headers])}\n${text}`,
      })),
    ]
    const tokens = [
      ...new Set([...wechat.seen().matchAll(/access_token=([\w%-]+)/g)].map((match) => match[1] ?? '')),
    ]
    secrets = {
      'the AppSecret': APP_SECRET,
      "Redis' password": REDIS_PASSWORD,
      'the API key': API_KEY,
      "S3's secret": inject('s3').secretAccessKey,
      ...Object.fromEntries(tokens.map((token, n) => [`access token ${n}`, token])),
    }
  }, 90_000)

  afterAll(async () => {
    await works?.stop()
    await Promise.all([proxies?.wechat.close(), proxies?.s3.close()])
    await rm(folder, { recursive: true, force: true })
  })

  /** Before there is a worker: a campaign that had ended would have its manifest already. Gives its id. */
  async function beginFaultyCampaign(): Promise<string> {
    const { api, admin } = works
    await admin.order([
      ...FAULTS,
      { kind: '40169', match: { scene: 'f=refused' } },
      { kind: '45009', match: { appid: HELD } },
      { kind: 'errcode', errcode: 40125, errmsg: `invalid ${APP_SECRET}`, match: { appid: REFUSED } },
    ])
    const scenes = [...FAULTS.map((_, n) => `f=${n}`), 'f=refused']
    const { body: made } = await api.post(FIRST, { scenes })
    // The manifest's folder can't be made.
    await writeFile(manifestOf(made.id), '')
    for (const app of [HELD, REFUSED]) await api.post(app, { scenes: ['s=1', 's=2'] })
    return made.id
  }

  const manifestOf = (id: string): string => `${folder}/ledger/campaigns/${id}/manifest`

  /** Gives the campaign as it ended. */
  async function endFaultyCampaign(id: string, readNow: (when: string) => Promise<void>): Promise<Campaign> {
    const { api, redis } = works
    await api.until(id, ({ counts }) => counts.published >= 5)
    await readNow('early')
    await api.until(id, ({ counts }) => counts.pending === 0)
    proxies.s3.cut(true)
    proxies.wechat.cut(true)
    const more = await api.post(FIRST, { scenes: Array.from({ length: 20 }, (_, n) => `g=${n}`) })
    await heard(/store_unavailable|upstream_unreachable/)
    proxies.s3.cut(false)
    proxies.wechat.cut(false)
    await redis.kill()
    await api.ask(`/v1/campaigns/${id}`)
    await api.ask('/v1/apps')
    await heard(/redis_unavailable/)
    await redis.restart()
    await api.until(more.body.id, ({ counts }) => counts.pending === 0)
    await rm(manifestOf(id))
    await api.completed(more.body.id)
    const ended = await api.completed(id)
    await api.rows(id)
    await api.rows(id, 'failures')
    for (const path of ['/v1/apps', `/v1/apps/${HELD}`, '/v1/campaigns', '/v1/openapi.json'])
      await api.ask(path)
    return ended
  }

  /** Resolves when some process has logged it. */
  async function heard(sign: RegExp): Promise<void> {
    await Promise.race(works.services.map((service) => service.wrote(sign)))
  }

  /** The key, and other secrets, where they don't belong; gives the statuses. */
  async function askBadly(answers: Answer<unknown>[]): Promise<number[]> {
    const wrong = createApi(works.api.url, { key: `${API_KEY}x`, seen: (answer) => answers.push(answer) })
    const none = createApi(works.api.url, { seen: (answer) => answers.push(answer) })
    const encoded = encodeURIComponent(API_KEY)
    const asked = [
      wrong.ask('/v1/apps'),
      none.ask('/v1/apps'),
      none.ask('/v1/apps', { headers: { 'x-api-key': API_KEY } }),
      none.ask('/v1/apps', { headers: { authorization: API_KEY } }),
      none.ask('/v1/apps', {
        headers: { authorization: `Basic ${Buffer.from(`ops:${API_KEY}`).toString('base64')}` },
      }),
      none.ask('/v1/apps', { headers: { cookie: `key=${API_KEY}` } }),
      none.ask(`/v1/apps?api_key=${encoded}`),
      works.api.ask(`/v1/${encoded}`),
      works.api.ask(`/v1/campaigns/${encoded}`),
      works.api.ask(`/v1/apps/${encoded}`),
      works.api.ask(`/v1/codes/${encoded}/image`),
      works.api.ask(`/v1/campaigns/${campaign.id}/${encoded}`, { method: 'POST' }),
      works.api.post(FIRST, { scenes: ['s=1'] }, { 'idempotency-key': `${API_KEY}\u00e9` }),
      works.api.stream(FIRST, 'scene\n', { type: `text/${API_KEY}` }),
      works.api.ask('/v1/campaigns', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"${API_KEY}`,
      }),
    ]
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    answers.push(await exchange(`GET /v1/apps HTTP/1.1\r\nAuthorization Bearer ${API_KEY}\r\n\r\n`))
    answers.push(await exchange(`GET /v1/apps?${API_KEY} HTTP/9.9\r\n\r\n`))
    answers.push(await exchange(`GET /v1/apps HTTP/1.1\r\nHost: x\r\nX: ${API_KEY.repeat(2_000)}\r\n\r\n`))
    return statuses
  }

  async function exchange(text: string): Promise<Answer<unknown>> {
    const { hostname, port } = new URL(works.api.url)
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      answer += data.toString('latin1')
    })
    // Not `once` of node:events, which rejects when a server that has said enough hangs up before all of it is sent.
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.end(text)
    await closed
    return { status: 0, headers: new Headers(), body: null, text: answer }
  }

  it('has met every fault, and printed all the same', async () => {
    expect(campaign.counts).toMatchObject({ published: FAULTS.length, refused: 1, pending: 0 })
    const output = works.services.map(({ everything }) => everything()).join('')
    expect(output).not.toContain('MaxListenersExceededWarning')
    expect(MET.filter((code) => !output.includes(code))).toEqual([])
    expect(rejected.every((status) => status >= 400 && status < 500)).toBe(true)
    expect(
      Object.keys(secrets).filter((name) => name.startsWith('access token')).length,
    ).toBeGreaterThanOrEqual(3)
  })

  it('has left no secret in logs, answers, metrics, Redis and stores, in no form', () => {
    expect(traces.length).toBeGreaterThan(100)
    expect(findSecrets(traces, secrets)).toEqual([])
  })

  it('would have been found out: each secret in each form, planted in any of the traces', () => {
    for (const [name, secret] of Object.entries(secrets)) {
      for (const { form, text } of formsOf(secret)) {
        const { where, text: around } = traces[Math.floor(Math.random() * traces.length)] as Trace
        const half = Math.floor(around.length / 2)
        const planted = { where, text: around.slice(0, half) + text + around.slice(half) }
        expect(findSecrets([planted], { [name]: secret }), `${name} as ${form}`).not.toEqual([])
      }
    }
  })

  it('is searched in the forms that programs write', () => {
    const within = `before ${APP_SECRET} behind`
    for (const text of [
      within,
      encodeURIComponent(within),
      JSON.stringify({ within }),
      Buffer.from(within).toString('hex'),
      ...[0, 1, 2].map((n) => Buffer.from('x'.repeat(n) + within).toString('base64')),
      Buffer.from(within).toString('base64url'),
    ])
      expect(findSecrets([{ where: 'here', text }], { it: APP_SECRET })).not.toEqual([])
  })
})

async function makeBucket(): Promise<string> {
  const { endpoint, region, ...credentials } = inject('s3')
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  const Bucket = `secrets-${randomBytes(6).toString('hex')}`
  await client.send(new CreateBucketCommand({ Bucket }))
  client.destroy()
  return Bucket
}
