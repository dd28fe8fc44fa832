/** A platform against the simulated WeChat, which pushes over HTTP; a worker elsewhere shares Redis and the store with it. */
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { type AppId, type Component, type ComponentId, DEFAULT_QUOTAS, Secret } from '@sunpress/core'
import { createHttpClient, type HttpClient } from '@sunpress/http'
import { createVault } from '@sunpress/ledger'
import { connectRedis } from '@sunpress/redis'
import { systemClock } from '@sunpress/runtime'
import { openMemoryStore, type Store } from '@sunpress/storage'
import {
  createMerchantWatch,
  createPlatforms,
  createPushGate,
  type MerchantWatch,
  type PlatformBook,
} from '@sunpress/wechat'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Api } from '../routes/route.js'
import { createTestApi } from '../testing/test-api.js'

const ONE = 'wx1111111111111111' as AppId
const TWO = 'wx2222222222222222' as AppId
const never = new AbortController().signal
/** For a token: whether it is had in the time of a call is no matter here. */
const PATIENT_MS = 45_000
const simulatorMain = new URL('../../../simulator/dist/main.js', import.meta.url)

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'simulated-platform-test' })
let child: ReturnType<typeof spawn>
let wechat: { url: string; adminUrl: string }
beforeAll(async () => {
  const flags = ['--port', '0', '--admin-port', '0']
  child = spawn(process.execPath, [simulatorMain.pathname, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [
    string,
  ]
  wechat = JSON.parse(line) as typeof wechat
})
afterAll(async () => {
  redis.disconnect()
  child.kill()
  await once(child, 'exit')
})

let namespace: string
let component: Component
let store: Store
let http: HttpClient
let producer: { readonly app: Api; readonly url: string; readonly platforms: PlatformBook }
let worker: {
  readonly platforms: PlatformBook
  readonly watch: MerchantWatch
  readonly merchants: () => readonly AppId[]
}
/** Pushes as the producer told of them. */
let told: string[]

const platformsOf = (): PlatformBook =>
  createPlatforms({
    ...{ http, redis, namespace, clock: systemClock, random: Math.random },
    components: () => [component],
    vault: createVault(store.records, new Secret('0123456789abcdef0123456789abcdef')),
    observer: { called: () => {} },
  })

async function startProducer(): Promise<typeof producer> {
  const platforms = platformsOf()
  const observer = {
    pushed: (_: string, kind: string, merchant: AppId | null) => told.push(`${kind} ${merchant}`),
    refused: (_: string, why: string) => told.push(`refused ${why}`),
  }
  const gate = createPushGate(redis, namespace)
  const { app } = await createTestApi(() => ({
    pushes: { platforms, gate, observer, authorised: async () => {} },
  }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, platforms, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` }
}

async function startWorker(): Promise<typeof worker> {
  const platforms = platformsOf()
  const watch = createMerchantWatch({ platforms, clock: systemClock, everyMs: 20 })
  let merchants: readonly AppId[] = []
  watch.onChange((_, now) => {
    merchants = now
  })
  await watch.start()
  return { platforms, watch, merchants: () => merchants }
}

beforeEach(async () => {
  namespace = `test-${randomUUID()}`
  told = []
  component = {
    appid: `wx${randomBytes(8).toString('hex')}` as ComponentId,
    name: 'Platform',
    appSecret: new Secret(randomBytes(16).toString('hex')),
    verifyToken: new Secret('verify'),
    encodingAesKey: new Secret('abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'),
    merchants: 'all',
    quotas: DEFAULT_QUOTAS,
  }
  store = openMemoryStore({ clock: systemClock })
  http = createHttpClient({ baseUrl: wechat.url, clock: systemClock, random: Math.random, reserve: 0 })
  producer = await startProducer()
  worker = await startWorker()
  const { push } = await admin('POST', '/component', {
    appSecret: component.appSecret.reveal(),
    verifyToken: component.verifyToken.reveal(),
    encodingAesKey: component.encodingAesKey.reveal(),
    pushUrl: `${producer.url}/v1/platforms/${component.appid}/events`,
  })
  expect(push).toMatchObject({ infoType: 'component_verify_ticket', accepted: true, answer: 'success' })
})
afterEach(async () => {
  await admin('POST', '/reset')
  await worker.watch.stop()
  await producer.app.close()
  await http.destroy()
})

interface Told {
  readonly push: Record<string, unknown>
}

async function admin(method: string, path: string, body: object = {}): Promise<Told> {
  const sent = path.startsWith('/component') ? { appid: component.appid, ...body } : body
  const answer = await fetch(wechat.adminUrl + path, { method, body: JSON.stringify(sent) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as Told
}
const authorise = async (merchant: AppId): Promise<void> => {
  const { push } = await admin('POST', '/component/authorise', { authorizer: merchant })
  expect(push).toMatchObject({ accepted: true })
}
/** How often the platform was asked for what. */
async function counts(): Promise<unknown> {
  const answer = await fetch(`${wechat.adminUrl}/component?appid=${component.appid}`)
  return JSON.stringify(await answer.json())
}
const token = (of: PlatformBook, merchant: AppId) =>
  (of.find(component.appid) as NonNullable<ReturnType<PlatformBook['find']>>).authorizerToken(
    merchant,
    PATIENT_MS,
    never,
  )
/** What WeChat answers to a call for a code with this token. */
async function print(of: PlatformBook, merchant: AppId): Promise<string> {
  const answer = await token(of, merchant)
  if (answer.kind === 'fault') return answer.fault.code
  const url = `${wechat.url}/wxa/getwxacodeunlimit?access_token=${answer.value.reveal()}`
  const given = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ scene: 's=1', page: 'pages/index/index' }),
  })
  return given.headers.get('content-type') ?? ''
}
const forward = (ms: number) => admin('PUT', '/clock', { advanceMs: ms })

describe('a platform', () => {
  it('prints for a merchant that authorises it, in a worker elsewhere, without a restart', async () => {
    expect(worker.merchants()).toEqual([])
    await authorise(ONE)
    await expect.poll(worker.merchants).toEqual([ONE])
    expect(await print(worker.platforms, ONE)).toBe('image/jpeg')
    await authorise(TWO)
    await expect.poll(worker.merchants).toEqual([ONE, TWO])
    expect(await print(worker.platforms, TWO)).toBe('image/jpeg')
    expect(told).toEqual(['ticket null', `authorised ${ONE}`, `authorised ${TWO}`])
  })

  it('loses a merchant that withdraws', async () => {
    await authorise(ONE)
    await admin('POST', '/component/withdraw', { authorizer: ONE })
    await expect.poll(worker.merchants).toEqual([])
    expect(await print(worker.platforms, ONE)).toBe('token_withdrawn')
  })

  it('refuses pushes that come again or were spoilt, and goes on', async () => {
    await authorise(ONE)
    for (const tamper of [undefined, 'signature', 'body']) {
      const spoilt = tamper === undefined ? {} : { tamper }
      const { push } = await admin('POST', '/component/replay', spoilt)
      expect(push).toMatchObject({ accepted: false, status: 403 })
    }
    expect((await admin('POST', '/component/ticket')).push).toMatchObject({ accepted: true })
    expect(await print(worker.platforms, ONE)).toBe('image/jpeg')
    expect(told.filter((line) => line.startsWith('refused'))).toEqual([
      'refused repeated',
      'refused signature',
      'refused signature',
    ])
  })

  it('keeps up with refresh tokens that change each time, whoever asks', async () => {
    await authorise(ONE)
    for (let i = 0; i < 3; i++) {
      expect(await print(worker.platforms, ONE)).toBe('image/jpeg')
      expect(await print(producer.platforms, ONE)).toBe('image/jpeg')
      await forward(301_000)
    }
    expect(await counts()).toContain('"lists":0')
  })

  it('gets a merchant back whose refresh token was lost, and the others with it', async () => {
    await authorise(ONE)
    await authorise(TWO)
    const file = `vault/${component.appid}/merchants/${ONE}.json`
    const lost = (await store.records.read(file)) as Uint8Array
    await print(worker.platforms, ONE)
    await store.records.put(file, lost)
    await forward(301_000)
    expect(await print(worker.platforms, ONE)).toBe('image/jpeg')
    await forward(301_000)
    expect(await print(producer.platforms, TWO)).toBe('image/jpeg')
    expect(await print(worker.platforms, ONE)).toBe('image/jpeg')
    expect(await counts()).toContain('"lists":1')
  })

  it('renews its own token when WeChat has ended it', async () => {
    await authorise(ONE)
    await print(worker.platforms, ONE)
    await admin('POST', '/tokens/revoke', { appid: component.appid, line: 'component' })
    expect(await print(worker.platforms, ONE)).toBe('image/jpeg')
  })

  it('finds its merchants and their tokens again when Redis has lost everything', async () => {
    await authorise(ONE)
    await print(worker.platforms, ONE)
    const keys = await redis.keys(`${namespace}:*`)
    for (const key of keys) await redis.del(key)
    expect(await print(worker.platforms, ONE)).toBe('image/jpeg')
    const late = await startWorker()
    await late.watch.stop()
    expect(late.merchants()).toEqual([ONE])
  })
})
