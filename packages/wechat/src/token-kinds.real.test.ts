import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ComponentId,
  type Credential,
  DEFAULT_QUOTAS,
  type ExternalCredential,
  Secret,
} from '@sunpress/core'
import { connectRedis } from '@sunpress/redis'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Platform } from './platform.js'
import { realClock } from './testing/real-clock.js'
import { type ScriptedWechat, startScriptedWechat } from './testing/scripted-wechat.js'
import { keepTokenBook } from './testing/token-book.js'
import { APPID, getToken, keyOf, startFleet, type TokenFleet, textOf } from './testing/token-fleet.js'
import { tokenHeld } from './token-answer.js'
import type { TokensTerms } from './tokens.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'token-kinds-test' })
afterAll(() => redis.quit())

const KEY = 'the-key-of-the-service'
let wechat: ScriptedWechat
let fleets: TokenFleet[]
beforeEach(async () => {
  wechat = await startScriptedWechat()
  fleets = []
})
afterEach(async () => {
  await Promise.all(fleets.map((fleet) => fleet.close()))
  await wechat.close()
})

function fleet(credential: Credential, size: number, terms: Partial<TokensTerms> = {}): TokenFleet {
  const started = startFleet(redis, wechat.url, credential, size, terms)
  fleets.push(started)
  return started
}
const first = ({ processes: [process] }: TokenFleet) => process ?? expect.fail('no process')
const redisTextOf = async (ours: TokenFleet): Promise<string> => {
  const hash = await redis.hgetall(keyOf(ours))
  return `${JSON.stringify(hash)} ${Buffer.from(hash['sealed'] ?? '', 'base64').toString('latin1')}`
}
const pathsAsked = () => wechat.asked.map(({ method, path }) => `${method} ${path}`)

describe('a company’s token service', () => {
  const external = (more: Partial<ExternalCredential> = {}): Credential => ({
    kind: 'external',
    url: `${wechat.url}/tokens?app=shops`,
    headers: { 'X-Key': new Secret(KEY) },
    tokenPath: 'data.token',
    expiresPath: 'data.left',
    rejectedUrl: `${wechat.url}/rejected`,
    ...more,
  })
  const given = (token: string) => ({ data: { token, left: 7_200 } })

  it('is asked once for a fleet, with its headers', async () => {
    wechat.script('/tokens', given('92_one'))
    const ours = fleet(external(), 4)
    const all = ours.processes.flatMap((process) => Array.from({ length: 10 }, () => textOf(process)))
    expect(new Set(await Promise.all(all))).toEqual(new Set(['92_one']))
    expect(wechat.asked).toMatchObject([{ method: 'GET', path: '/tokens', headers: { 'x-key': KEY } }])
    expect(wechat.asked[0]?.query.get('app')).toBe('shops')
    expect(ours.called).toEqual(['token_service 0'])
  })

  it('is told when WeChat refuses its token, once and before it is asked again', async () => {
    wechat.script('/tokens', given('92_one'), given('92_two'))
    wechat.script('/rejected', {})
    const ours = fleet(external(), 3)
    const failed = await Promise.all(ours.processes.map(getToken))
    await ours.age()
    await Promise.all(ours.processes.map((process, at) => process.drop(APPID, failed[at] ?? expect.fail())))
    expect(new Set(await Promise.all(ours.processes.map(textOf)))).toEqual(new Set(['92_two']))
    expect(pathsAsked()).toEqual(['GET /tokens', 'POST /rejected', 'GET /tokens'])
    expect(wechat.asked[1]).toMatchObject({
      body: JSON.stringify({ appid: APPID }),
      headers: { 'x-key': KEY },
    })
  })

  it('is asked in no storm when it keeps giving what WeChat refuses, even where it can’t be told', async () => {
    wechat.script('/tokens', given('92_one'))
    wechat.script('/rejected', (response) => response.destroy())
    const ours = fleet(external(), 1)
    const spared = async () => {
      const failed = await getToken(first(ours))
      // Dropped as soon as it was there, and the next is asked for at once, however slow this machine is.
      await ours.age({ obtainedAt: realClock.now() + 60_000 })
      await first(ours).drop(APPID, failed)
      await expect(getToken(first(ours))).rejects.toMatchObject({ kind: 'wait', code: 'token_spared' })
      const [obtainedAt, retryAt] = await redis.hmget(keyOf(ours), 'obtainedAt', 'retryAt')
      return Number(retryAt) - Number(obtainedAt)
    }
    expect(await spared()).toBe(5_000)
    await ours.age()
    expect(await spared()).toBe(10_000)
    expect(pathsAsked()).toEqual(['GET /tokens', 'POST /rejected', 'GET /tokens'])
  })

  it('leaves nothing in Redis that opens without its headers', async () => {
    wechat.script('/tokens', given('92_one_that_is_secret'))
    const ours = fleet(external(), 1)
    await textOf(first(ours))
    const text = await redisTextOf(ours)
    expect(text).toContain('sealed')
    for (const secret of ['92_one_that_is_secret', 'that_is', KEY]) expect(text).not.toContain(secret)
  })

  it('without a header is asked by each process for itself, and nothing is in Redis', async () => {
    wechat.script('/tokens', given('92_one'), given('92_two'), given('92_three'))
    const ours = fleet(external({ headers: {} }), 2, { cacheMs: 0 })
    expect(
      await Promise.all(ours.processes.flatMap((process) => [textOf(process), textOf(process)])),
    ).toHaveLength(4)
    await textOf(first(ours))
    expect(pathsAsked()).toEqual(['GET /tokens', 'GET /tokens'])
    expect(await redis.keys(`${ours.namespace}:*`)).toEqual([])
  })

  it('that wants another key holds the app, and shows neither key nor query', async () => {
    wechat.script('/tokens', (response) => response.writeHead(401).end(KEY))
    const fault = await getToken(first(fleet(external(), 1))).catch((reason: unknown) => reason)
    expect(fault).toMatchObject({
      kind: 'hold',
      scope: 'app',
      reason: 'token',
      code: 'token_service_http_401',
    })
    expect(`${String(fault)} ${JSON.stringify(fault)}`).not.toMatch(new RegExp(`${KEY}|app=shops`))
  })

  it('that wants another key than one host’s keeps that host out, and no other', async () => {
    wechat.script('/tokens', (response, { headers }) => {
      if (headers['x-key'] !== KEY) response.writeHead(401)
      response.end(JSON.stringify(given('92_one')))
    })
    const ours = fleet(external(), 1)
    expect(await textOf(first(ours))).toBe('92_one')
    await ours.age()
    const stale = { appid: APPID, name: 'Shops', quotas: DEFAULT_QUOTAS }
    const odd = ours.join({
      apps: () => ({ ...stale, credential: external({ headers: { 'X-Key': new Secret('of yesterday') } }) }),
    })
    await expect(getToken(odd)).rejects.toMatchObject({ kind: 'wait', code: 'token_credential_differs' })
    expect(await textOf(ours.join())).toBe('92_one')
  })

  it.each(['shared', 'alone'])(
    'that has been away for half a minute holds the app, shortly: %s',
    async (how) => {
      let laterMs = 0
      const clock = { ...realClock, monotonic: () => realClock.monotonic() + laterMs }
      wechat.script('/tokens', (response) => void response.destroy())
      const headers: Record<string, Secret> = how === 'alone' ? {} : { 'X-Key': new Secret(KEY) }
      const ours = fleet(external({ headers }), 1, { clock })
      await expect(getToken(first(ours))).rejects.toMatchObject({ kind: 'wait' })
      laterMs += 31_000
      await ours.age({ failingSince: Date.now() - 31_000, retryAt: Date.now() - 1_000 })
      const fault = { kind: 'hold', scope: 'app', reason: 'token', code: 'token_unavailable' }
      await expect(getToken(first(ours))).rejects.toMatchObject(fault)
      await expect(getToken(ours.join())).rejects.toMatchObject(how === 'alone' ? { kind: 'wait' } : fault)
    },
  )

  it('that is away is a wait', async () => {
    const gone = external({ url: 'http://127.0.0.1:1/tokens' })
    const fault = await getToken(first(fleet(gone, 1))).catch((reason: unknown) => reason)
    expect(fault).toMatchObject({ kind: 'wait', code: 'token_unavailable' })
  })
})

describe('a platform’s merchant', () => {
  const component = 'wx00000000000000aa' as ComponentId
  const credential: Credential = { kind: 'component', component }
  const platformGiving = (answer: () => ReturnType<Platform['authorizerToken']>) => {
    const asked: string[] = []
    const platform: Platform = {
      appSecret: new Secret('of the platform'),
      authorizerToken(appid, totalMs) {
        asked.push(`${appid} ${totalMs > 0}`)
        return answer()
      },
    }
    return { asked, platforms: { find: (id: ComponentId) => (id === component ? platform : undefined) } }
  }
  const good = async () =>
    ({ kind: 'token', value: new Secret('92_of_the_merchant'), lifetimeMs: 7_200_000, errcode: '0' }) as const

  it('has one token for the fleet, sealed under the platform’s secret', async () => {
    const { asked, platforms } = platformGiving(good)
    const ours = fleet(credential, 3, { platforms })
    const all = ours.processes.flatMap((process) => Array.from({ length: 5 }, () => textOf(process)))
    expect(new Set(await Promise.all(all))).toEqual(new Set(['92_of_the_merchant']))
    expect(asked).toEqual([`${APPID} true`])
    expect(await redisTextOf(ours)).not.toContain('92_of')
  })

  it('shares the platform’s fault with the fleet', async () => {
    const fault = tokenHeld('token_61023', 'the merchant must authorise again', 60_000)
    const { asked, platforms } = platformGiving(async () => ({ kind: 'fault', fault, errcode: '61023' }))
    const ours = fleet(credential, 3, { platforms })
    for (const process of ours.processes) {
      await expect(getToken(process)).rejects.toMatchObject({ kind: 'hold', code: 'token_61023' })
    }
    expect(asked).toHaveLength(1)
  })

  it('waits for somebody to look where its platform is not known', async () => {
    const ours = fleet(credential, 1)
    await expect(getToken(first(ours))).rejects.toMatchObject({
      kind: 'hold',
      reason: 'token',
      code: 'token_no_way',
    })
  })
})

describe('a token that the cloud’s platform writes', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloudbase-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is read again as its file changes, and never fetched nor kept in Redis', async () => {
    keepTokenBook(wechat)
    const path = join(folder, 'cloudbase_access_token')
    let laterMs = 0
    const clock = { ...realClock, monotonic: () => realClock.monotonic() + laterMs }
    const ours = fleet({ kind: 'cloudbase', source: { kind: 'file', path } }, 1, { clock })
    await expect(getToken(first(ours))).rejects.toMatchObject({
      kind: 'hold',
      code: 'token_cloudbase_missing',
    })
    await writeFile(path, 'one\n')
    laterMs += 3_000
    const one = await getToken(first(ours))
    expect([one.value.reveal(), one.sentAs]).toEqual(['one', 'cloudbase_access_token'])
    await first(ours).drop(APPID, one)
    await expect(getToken(first(ours))).rejects.toMatchObject({
      kind: 'hold',
      code: 'token_cloudbase_refused',
    })
    await writeFile(path, 'two\n')
    laterMs += 3_000
    expect(await textOf(first(ours))).toBe('two')
    expect(wechat.asked).toEqual([])
    expect(await redis.keys(`${ours.namespace}:*`)).toEqual([])
  })

  it('may stand in a variable', async () => {
    const source = { kind: 'env', name: 'WX_TOKEN' } as const
    const ours = fleet({ kind: 'cloudbase', source }, 1, { environment: { WX_TOKEN: 'of-the-variable' } })
    expect(await textOf(first(ours))).toBe('of-the-variable')
  })
})

it.each([
  ['cloudrun', { kind: 'cloudrun', baseUrl: 'http://127.0.0.1:1', shared: false }],
  ['cloudcall', { kind: 'cloudcall', shared: false }],
] as const)('%s needs no token: none is fetched, sent or dropped', async (_, credential) => {
  const ours = fleet(credential, 1)
  const token = await getToken(first(ours))
  expect(token.sentAs).toBe('none')
  await first(ours).drop(APPID, token)
  expect(pathsAsked()).toEqual([])
})
