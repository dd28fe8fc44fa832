/** The cloud function as it is deployed: built, and called by plain node over a stand-in for wx-server-sdk and a real bucket. */
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { inspectPicture } from '@sunpress/image'
import { readNote, type Simulator, startSimulator } from '@sunpress/simulator'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { spawnTethered, type Tethered } from '../services/tether.mjs'
import { untilThere } from './api.js'
import { createSimulatorAdmin, type SimulatorAdmin } from './simulator-admin.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const APP = 'wx00000000000000c1'
const SHARED = 'wx00000000000000c2'
const BUCKET = `cloudcall-${process.pid}-${Date.now().toString(36)}`
const SECRET = inject('s3').secretAccessKey
/** The function's default. */
const IN_HAND = 8
const look = { page: 'pages/index/index', width: 280 }

interface Row {
  readonly scene: string
  readonly key: string
  readonly sha256: string
  readonly bytes: number
  readonly reused: boolean
  readonly errcode?: number
}
interface Answer {
  readonly done: boolean
  readonly next: number | null
  readonly rows: readonly Row[]
  readonly held: { readonly reason: string; readonly retryAfterMs: number } | null
}

let folder: string
let simulator: Simulator
let admin: SimulatorAdmin
let s3: S3Client

/** Calls the function as the cloud does, TIMES on one instance; EVENT and LIMIT_MS are the event and the function's time-out. */
const CALLER = `
const { main } = require('./index.js')
const { EVENT, LIMIT_MS, TIMES } = process.env
const call = async () => {
  const answer = await main(JSON.parse(EVENT), { time_limit_in_ms: Number(LIMIT_MS) })
  console.log('ANSWER ' + JSON.stringify(answer))
  console.log('PEAK ' + process.resourceUsage().maxRSS + ' KB')
}
const callAll = async () => {
  for (let times = 0; times < Number(TIMES); times++) await call()
}
callAll().catch((fault) => {
  console.log('FAULT ' + fault.message)
  process.exitCode = 1
})
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunpress-cloudcall-'))
  await promisify(execFile)('node', [join(ROOT, 'infra/cloudcall/build.mjs'), folder])
  await mkdir(join(folder, 'given/wx-server-sdk'), { recursive: true })
  const sdk = join(ROOT, 'test/services/wx-server-sdk.cjs')
  await copyFile(sdk, join(folder, 'given/wx-server-sdk/index.js'))
  await writeFile(join(folder, 'caller.cjs'), CALLER)
  simulator = await startSimulator({ latencyMs: 40, hosting: { appid: APP, shared: [SHARED] } })
  admin = createSimulatorAdmin(simulator.adminUrl, simulator.url)
  const { endpoint, region, ...credentials } = inject('s3')
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }))
})
afterAll(async () => {
  s3?.destroy()
  await simulator?.close()
  await rm(folder, { recursive: true, force: true })
})

const calls: Tethered[] = []
afterAll(() => Promise.all(calls.map((call) => call.stop())))

function callFunction(
  event: object,
  env: Record<string, string> = {},
): Tethered & { readonly all: () => string } {
  const { endpoint, region, accessKeyId, secretAccessKey } = inject('s3')
  let text = ''
  const call = spawnTethered([process.execPath, 'caller.cjs'], {
    cwd: folder,
    onOutput: (more) => {
      text += more
    },
    env: {
      ...{ NODE_PATH: join(folder, 'given'), CLOUD_FUNCTION: folder, SIMULATOR_URL: simulator.url },
      ...{ AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region, SUNPRESS_STORE: `s3://${BUCKET}/shops` },
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, WECHAT_APPID: APP },
      ...{
        CLOUDCALL_PER_MINUTE: '1500',
        LIMIT_MS: '60000',
        EVENT: JSON.stringify({ app: APP, look, ...event }),
      },
      ...{ TIMES: '1', ...env },
    },
  })
  calls.push(call)
  return { ...call, all: () => text }
}

async function answerOf(event: object, env?: Record<string, string>): Promise<Answer> {
  const call = callFunction(event, env)
  expect(await call.exited, call.all()).toBe('exit 0')
  expect(call.all()).not.toContain(SECRET)
  return JSON.parse(/^ANSWER (.*)$/m.exec(call.all())?.[1] ?? 'null') as Answer
}

async function faultOf(event: object, env?: Record<string, string>): Promise<string> {
  const call = callFunction(event, env)
  expect(await call.exited).toBe('exit 1')
  return call.all()
}

/** Keys of all pictures of these scenes, as the bucket has them. */
async function stored(prefix: string): Promise<Map<string, Buffer>> {
  const list = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'shops/codes/' }))
  const read = async ({ Key = '' }): Promise<[string, Buffer]> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }))
    return [Key, Buffer.from((await Body?.transformToByteArray()) ?? [])]
  }
  const all = await Promise.all((list.Contents ?? []).map(read))
  return new Map(all.filter(([, bytes]) => String(readNote(bytes)?.params['scene']).startsWith(prefix)))
}

const scenesOf = (prefix: string, many: number): string[] =>
  Array.from({ length: many }, (_, n) => `${prefix}${n}`)

/** Each scene has one row, and each row the picture that it speaks of. */
async function expectPrinted(rows: readonly Row[], scenes: readonly string[], prefix: string): Promise<void> {
  expect(rows.map(({ scene }) => scene)).toEqual(scenes)
  const pictures = await stored(prefix)
  expect([...pictures.keys()].sort()).toEqual(rows.map(({ key }) => `shops/${key}`).sort())
  for (const { scene, key, sha256, bytes } of rows) {
    const picture = pictures.get(`shops/${key}`) ?? Buffer.alloc(0)
    expect([hash('sha256', picture), picture.length]).toEqual([sha256, bytes])
    expect(inspectPicture(picture, { format: 'jpg', width: 280 })).toMatchObject({ whole: true })
    expect(readNote(picture)?.params).toMatchObject({ scene })
  }
}

describe('the built function', () => {
  it('prints a list of scenes to the bucket, and finds them there the next time', async () => {
    const scenes = scenesOf('a=', 5)
    const answer = await answerOf({ scenes })
    expect(answer).toMatchObject({ done: true, next: null, held: null })
    expect(answer.rows.every(({ reused }) => !reused)).toBe(true)
    await expectPrinted(answer.rows, scenes, 'a=')
    const again = await answerOf({ scenes })
    expect(again.rows).toEqual(answer.rows.map((row) => ({ ...row, reused: true })))
    expect((await admin.calls()).filter(({ scene }) => scene?.startsWith('a='))).toHaveLength(5)
  })

  it('in slices gives each scene one row', async () => {
    const scenes = scenesOf('b=', 8)
    const rows: Row[] = []
    let slices = 0
    for (let from: number | null = 0; from !== null; slices++) {
      // Its store opens within the run, in a second on a busy machine; four scenes fit in at most.
      const env = { CLOUDCALL_RUN_SECONDS: '2', CLOUDCALL_PER_MINUTE: '120' }
      const answer: Answer = await answerOf({ scenes, from }, env)
      rows.push(...answer.rows)
      from = answer.next
    }
    expect(slices).toBeGreaterThan(1)
    await expectPrinted(rows, scenes, 'b=')
  })

  it('leaves its look beside the pictures, so that a scene is found by it', async () => {
    await answerOf({ scenes: ['l=1', { scene: 'l=2', page: 'pages/b' }] })
    const list = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `shops/looks/${APP}/` }))
    const bodies = (list.Contents ?? []).map(async ({ Key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }))
      return JSON.parse((await Body?.transformToString()) ?? 'null') as unknown
    })
    const looks = await Promise.all(bodies)
    for (const page of [look.page, 'pages/b']) {
      const firstUsedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
      expect(looks).toContainEqual({ v: 1, look: { page, width: 280 }, firstUsedAt })
    }
  })

  it('calls another account as one that shares its resources', async () => {
    const { rows } = await answerOf({ app: SHARED, scenes: ['s=1'] })
    expect(rows[0]?.key).toContain(`codes/${SHARED}/`)
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: `shops/${rows[0]?.key}` }))
    const picture = Buffer.from((await Body?.transformToByteArray()) ?? [])
    expect(readNote(picture)).toMatchObject({ appid: SHARED, params: { scene: 's=1' } })
  })

  it('of memory takes less than the 256 MB that it asks for', async () => {
    const call = callFunction({ scenes: scenesOf('m=', 24), look: { ...look, width: 1280 } })
    expect(await call.exited, call.all()).toBe('exit 0')
    expect(Number(/^PEAK (\d+) KB$/m.exec(call.all())?.[1])).toBeLessThan(192 * 1024)
  })

  it('called again on a warm instance opens its store anew', async () => {
    const call = callFunction({ scenes: scenesOf('w=', 2) }, { TIMES: '2' })
    expect(await call.exited, call.all()).toBe('exit 0')
    const answers = [...call.all().matchAll(/^ANSWER (.*)$/gm)].map(
      ([, json = '']) => JSON.parse(json) as Answer,
    )
    expect(answers.map(({ rows }) => rows.map(({ reused }) => reused))).toEqual([
      [false, false],
      [true, true],
    ])
  })

  it('killed in the middle and called again, has each picture once: what was stored is reused', async () => {
    const scenes = scenesOf('c=', 40)
    const seen = async () => (await admin.calls()).filter(({ scene }) => scene?.startsWith('c=')).length
    // The last of them are answered when it is dead at the earliest, however late we kill it.
    await admin.order([{ kind: 'slow_headers', delayMs: 60_000, match: { scene: { regex: '^c=3\\d' } } }])
    const killed = callFunction({ scenes })
    await untilThere(async () => ((await seen()) >= 12 ? true : null))
    await killed.kill('SIGKILL')
    await admin.order([])
    expect(killed.all()).not.toContain('ANSWER')
    const before = await stored('c=')
    expect(before.size).toBeGreaterThan(0)
    expect(before.size).toBeLessThan(scenes.length)
    const { rows, done } = await answerOf({ scenes })
    expect(done).toBe(true)
    await expectPrinted(rows, scenes, 'c=')
    const reused = new Set(rows.filter((row) => row.reused).map(({ key }) => `shops/${key}`))
    expect([...before.keys()].filter((key) => !reused.has(key))).toEqual([])
    // A put that was under way at the kill may have ended behind our look.
    expect(reused.size).toBeLessThanOrEqual(before.size + IN_HAND)
    const after = await stored('c=')
    for (const [key, bytes] of before) expect(after.get(key)).toEqual(bytes)
    expect(await seen()).toBeLessThanOrEqual(scenes.length + IN_HAND)
  })

  it('called twice at a time, has each picture created by one of them', async () => {
    const scenes = scenesOf('d=', 10)
    const [first, second] = await Promise.all([answerOf({ scenes }), answerOf({ scenes })])
    await expectPrinted(first.rows, scenes, 'd=')
    await expectPrinted(second.rows, scenes, 'd=')
    const created = scenes.map(
      (_, n) => [first, second].filter(({ rows }) => rows[n]?.reused === false).length,
    )
    expect(created).toEqual(scenes.map(() => 1))
  })

  it('stops at a hold, with its reason and how long to wait', async () => {
    await admin.order([{ kind: 'errcode', errcode: 45009, match: { scene: 'e=2' } }])
    const answer = await answerOf({ scenes: scenesOf('e=', 9) }, { CLOUDCALL_IN_HAND: '1' })
    await admin.order([])
    expect(answer).toMatchObject({ done: false, next: 2, held: { reason: 'minute_quota' } })
    expect(answer.held?.retryAfterMs).toBeGreaterThan(0)
    expect((await admin.calls()).filter(({ scene }) => scene?.startsWith('e='))).toHaveLength(3)
  })

  it('refuses a bad page with errcode and rid, and logs them', async () => {
    await admin.order([{ kind: 'errcode', errcode: 41030, match: { scene: 'f=1' } }])
    const call = callFunction({ scenes: scenesOf('f=', 3) })
    expect(await call.exited).toBe('exit 0')
    await admin.order([])
    const rid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{8}){2}$/)
    const { rows } = JSON.parse(/^ANSWER (.*)$/m.exec(call.all())?.[1] ?? 'null') as Answer
    expect(rows[1]).toMatchObject({ scene: 'f=1', errcode: 41030, reason: 'invalid_page', rid })
    const logged = JSON.parse(/^\{"level".*$/m.exec(call.all())?.[0] ?? 'null')
    expect(logged).toMatchObject({ msg: 'fault', scene: 'f=1', errcode: 41030, rid })
  })
})

describe('what somebody has to mend is said in a sentence', () => {
  const event = { scenes: ['g=1'] }

  it.each<[string, object, Record<string, string>, RegExp]>([
    ['a store of files', event, { SUNPRESS_STORE: 'file:./data' }, /SUNPRESS_STORE: expected s3:/],
    ['no SDK', event, { NODE_PATH: '' }, /wx-server-sdk is not here/],
    ['the default time-out of 3 s', event, { LIMIT_MS: '3000' }, /expected 60 s as the function's time-out/],
    ['a wrong event', { scenes: [] }, {}, /scenes: expected a list of 1 to 800 scenes/],
    ['a client that calls', { ...event, userInfo: { openId: 'o1' } }, {}, /CLOUDCALL_OPENIDS/],
    ['a bucket that is none', event, { SUNPRESS_STORE: 's3://no-such-bucket-here' }, /no-such-bucket-here/],
  ])('%s', async (_, given, env, sentence) => {
    expect(await faultOf(given, env)).toMatch(sentence)
    expect((await admin.calls()).filter(({ scene }) => scene === 'g=1')).toEqual([])
  })

  it('a permission that is not declared holds the function, and says what to declare', async () => {
    const { held } = await answerOf(event, { CLOUD_FUNCTION: '/nowhere' })
    const message = expect.stringContaining('declare wxacode in its config.json')
    expect(held).toMatchObject({ reason: 'app_held', retryAfterMs: 600_000, message })
  })

  it('a user who is named may call', async () => {
    const userInfo = { openId: 'o1', appId: APP }
    expect(await answerOf({ ...event, userInfo }, { CLOUDCALL_OPENIDS: 'o2,o1' })).toMatchObject({
      done: true,
    })
  })
})
