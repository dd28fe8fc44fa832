import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import {
  type AppId,
  type Clock,
  type Component,
  type ComponentId,
  DEFAULT_QUOTAS,
  Secret,
} from '@sunpress/core'
import { createHttpClient, type HttpClient } from '@sunpress/http'
import { appKeys, connectRedis, platformKeys } from '@sunpress/redis'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { realClock } from '../testing/real-clock.js'
import type { TokenAnswer } from '../token-answer.js'
import { accountOf } from './component-token.js'
import { createPlatform, type Platform } from './platform.js'
import { type FakePlatform, startFakePlatform } from './testing/fake-platform.js'
import { createMemoryVault, type MemoryVault } from './testing/memory-vault.js'

const component: Component = {
  appid: 'wxfedcba9876543210' as ComponentId,
  name: 'Platform',
  appSecret: new Secret('0123456789abcdef0123456789abcdef'),
  verifyToken: new Secret('verify'),
  encodingAesKey: new Secret('a'.repeat(43)),
  merchants: 'all',
  quotas: DEFAULT_QUOTAS,
}
const ONE = 'wx1111111111111111' as AppId
const TWO = 'wx2222222222222222' as AppId
const never = new AbortController().signal
/** No budget runs out, however long the machine pauses: nothing here is about their ends. */
const clock: Clock = { ...realClock, monotonic: () => 0 }
const unhurried = (http: HttpClient): Pick<HttpClient, 'request'> => ({
  request: (request) => http.request({ ...request, totalMs: 60_000 }),
})

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'platform-test' })
afterAll(() => redis.quit())

let namespace: string
let fake: FakePlatform
let http: HttpClient
let memory: MemoryVault
let called: string[]
beforeEach(async () => {
  namespace = `test-${randomUUID()}`
  fake = await startFakePlatform()
  http = createHttpClient({ baseUrl: fake.wechat.url, clock: realClock, random: Math.random, reserve: 0 })
  memory = createMemoryVault()
  called = []
})
afterEach(async () => {
  await http.destroy()
  await fake.close()
})

/** A process of its own, but for the vault and Redis. */
function instance(host = 'host', platform = component): Platform {
  const observer = { called: (...told: string[]) => called.push(told.join(' ')) }
  const parts = {
    ...{ http: unhurried(http), redis, namespace, host, vault: memory.vault },
    ...{ clock, random: Math.random },
  }
  return createPlatform({ component: platform, ...parts, observer })
}
async function ready(...merchants: AppId[]): Promise<Platform> {
  const platform = instance()
  await platform.takeTicket(new Secret(fake.ticket))
  for (const merchant of merchants) {
    await platform.authorise({ code: new Secret(`code@@@${merchant}`), merchant, atMs: 1_000 })
  }
  fake.calls.length = 0
  return platform
}
const token = (platform: Platform, appid = ONE) => platform.authorizerToken(appid, 8_000, never)
const shown = (answer: TokenAnswer) =>
  answer.kind === 'token' ? answer.value.reveal() : String(answer.fault)
const current = (appid = ONE) => fake.refreshTokens.get(appid)?.at(-1)
const recordOf = (appid = ONE) =>
  JSON.parse(memory.texts.get(`${component.appid}/merchants/${appid}`)?.text ?? 'null') as Record<
    string,
    unknown
  >
const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no fault',
    (fault: unknown) => fault,
  )
const count = (endpoint: string) => fake.calls.filter((call) => call === endpoint).length

describe("a merchant's token", () => {
  it('is got with the refresh token, and the next refresh token is in the vault before anybody has it', async () => {
    const platform = await ready(ONE)
    const before = current()
    let given: TokenAnswer | null = null
    let givenAtPut: TokenAnswer | null = null
    memory.onPut = () => {
      givenAtPut = given
    }
    given = await token(platform)
    expect(givenAtPut).toBeNull()
    expect(given).toMatchObject({ kind: 'token', lifetimeMs: 7_200_000, errcode: '0' })
    expect(shown(given)).toContain(`token-${ONE}`)
    expect(current()).not.toBe(before)
    expect(recordOf()).toMatchObject({ state: 'authorised', refreshToken: current() })
  })

  it('is not given when the vault takes no refresh token, and the old one gets the next', async () => {
    const platform = await ready(ONE)
    const before = recordOf()
    memory.failing = 3
    const lost = await token(platform)
    expect(lost).toMatchObject({ kind: 'fault', fault: { kind: 'wait', code: 'token_unavailable' } })
    expect(recordOf()).toEqual(before)
    expect((await token(platform)).kind).toBe('token')
    expect(recordOf()).toMatchObject({ refreshToken: current() })
  })

  it('is given when the vault takes the refresh token at the second try', async () => {
    const platform = await ready(ONE)
    memory.failing = 1
    expect((await token(platform)).kind).toBe('token')
    expect(recordOf()).toMatchObject({ refreshToken: current() })
  })

  it('survives a process that dies between the answer and the vault', async () => {
    const dying = await ready(ONE)
    memory.onPut = () => new Promise(() => {})
    void dying.authorizerToken(ONE, 8_000, never)
    await fake.wechat.until(() => count('api_authorizer_token') === 1)
    memory.onPut = () => {}
    await redis.del(platformKeys(namespace, component.appid).lease(`merchants/${ONE}`))
    expect((await token(instance())).kind).toBe('token')
    expect(recordOf()).toMatchObject({ refreshToken: current() })
    expect(count('api_get_authorizer_list')).toBe(0)
  })

  it('is still to be had when the answer of a refresh is lost', async () => {
    const platform = await ready(ONE)
    fake.before = (endpoint) => {
      if (endpoint === 'api_authorizer_token' && count(endpoint) === 1)
        fake.refreshTokens.get(ONE)?.push('lost')
    }
    fake.instead.set('api_authorizer_token', [{}])
    expect(await token(platform)).toMatchObject({ kind: 'fault', fault: { kind: 'wait' } })
    expect((await token(platform)).kind).toBe('token')
  })

  it('is asked for by one process at a time, each with the refresh token of the one before', async () => {
    await ready(ONE)
    const answers = await Promise.all([1, 2, 3, 4].map(() => token(instance())))
    expect(answers.map(({ kind }) => kind)).toEqual(['token', 'token', 'token', 'token'])
    expect(new Set(answers.map(shown)).size).toBe(4)
    fake.forget()
    expect((await token(instance())).kind).toBe('token')
    expect(count('api_get_authorizer_list')).toBe(0)
  })

  it('is kept from one who woke up late: what another wrote meanwhile stays', async () => {
    const late = await ready(ONE)
    let wake = () => {}
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    fake.before = (endpoint) =>
      endpoint === 'api_authorizer_token' && count(endpoint) === 1 ? asleep : undefined
    const lost = late.authorizerToken(ONE, 8_000, never)
    await fake.wechat.until(() => count('api_authorizer_token') === 1)
    await redis.del(platformKeys(namespace, component.appid).lease(`merchants/${ONE}`))
    expect((await token(instance())).kind).toBe('token')
    const written = recordOf()
    wake()
    expect(await lost).toMatchObject({ kind: 'fault', fault: { kind: 'wait' } })
    expect(recordOf()).toEqual(written)
  })

  it('is got by the list, once, when WeChat knows the refresh token no more', async () => {
    const platform = await ready(ONE)
    fake.refreshTokens.set(ONE, ['another'])
    expect((await token(platform)).kind).toBe('token')
    expect(fake.calls).toEqual(['api_authorizer_token', 'api_get_authorizer_list', 'api_authorizer_token'])
    expect(recordOf()).toMatchObject({ refreshToken: current() })
  })

  it('needs a new authorisation when the list does not help', async () => {
    const platform = await ready(ONE)
    fake.instead.set(
      'api_authorizer_token',
      [1, 2].map(() => ({ errcode: 61023, errmsg: 'refresh_token is invalid' })),
    )
    const answer = await token(platform)
    expect(answer).toMatchObject({
      errcode: 'token_61023',
      fault: { kind: 'hold', scope: 'app', reason: 'token' },
    })
    expect(count('api_get_authorizer_list')).toBe(1)
    await platform.authorise({ code: new Secret(`code2@@@${ONE}`), merchant: ONE, atMs: 2_000 })
    expect((await token(platform)).kind).toBe('token')
  })

  it("of others isn't broken by the list: they find theirs in the vault", async () => {
    const platform = await ready(ONE, TWO)
    fake.refreshTokens.set(ONE, ['another'])
    await token(platform, ONE)
    fake.forget()
    fake.calls.length = 0
    expect((await token(instance(), TWO)).kind).toBe('token')
    expect(fake.calls).toEqual(['api_authorizer_token', 'api_authorizer_token'])
    expect(recordOf(TWO)).toMatchObject({ refreshToken: current(TWO) })
  })

  it('is got by the list for a merchant whose event was lost, and the list of merchants has it then', async () => {
    const platform = await ready()
    fake.refreshTokens.set(ONE, ['known to WeChat alone'])
    const version = await platform.merchantsVersion()
    expect((await token(platform)).kind).toBe('token')
    expect(await platform.merchants()).toEqual([ONE])
    expect(await platform.merchantsVersion()).not.toBe(version)
  })

  it('is got by the list when the record was damaged, and so is its ticket by the next push', async () => {
    const platform = await ready(ONE)
    memory.damaged.add(`${component.appid}/merchants/${ONE}`).add(`${component.appid}/ticket`)
    expect(await platform.merchants()).toEqual([ONE])
    await platform.takeTicket(new Secret(fake.ticket))
    expect((await token(platform)).kind).toBe('token')
    expect(memory.damaged.size).toBe(0)
    expect(recordOf()).toMatchObject({ refreshToken: current() })
  })

  it('is refused for one that never authorised, and for one that has withdrawn', async () => {
    const platform = await ready(TWO)
    expect(await token(platform, ONE)).toMatchObject({
      errcode: 'token_not_authorised',
      fault: { kind: 'hold' },
    })
    await platform.withdraw(TWO)
    fake.calls.length = 0
    expect(await token(platform, TWO)).toMatchObject({ errcode: 'token_withdrawn', fault: { kind: 'hold' } })
    expect(fake.calls).toEqual([])
  })

  it('is asked for again with a new platform token, once, when WeChat finds that one stale', async () => {
    const platform = await ready(ONE)
    fake.expireComponentToken()
    expect((await token(platform)).kind).toBe('token')
    expect(fake.calls).toEqual(['api_authorizer_token', 'api_component_token', 'api_authorizer_token'])
  })

  it('waits when Redis is away, and asks nobody', async () => {
    const away = connectRedis({ url: 'redis://127.0.0.1:1', purpose: 'command', name: 'away' })
    const parts = {
      http,
      redis: away,
      namespace,
      host: 'h',
      vault: memory.vault,
      clock: realClock,
      random: Math.random,
    }
    const platform = createPlatform({ component, ...parts, observer: { called: () => {} } })
    const answer = await token(platform)
    away.disconnect()
    expect(answer).toMatchObject({ kind: 'fault', fault: { kind: 'wait', code: 'redis_unavailable' } })
    expect(fake.calls).toEqual([])
  })

  it('is told to telemetry by merchant and endpoint', async () => {
    await token(await ready(ONE))
    expect(called).toEqual([
      `${component.appid} component_token 0`,
      `${ONE} query_auth 0`,
      `${ONE} authorizer_token 0`,
    ])
  })
})

describe("the platform's own token", () => {
  it('is fetched once for all processes', async () => {
    await instance().takeTicket(new Secret(fake.ticket))
    fake.refreshTokens.set(ONE, ['a']).set(TWO, ['b'])
    await Promise.all([ONE, TWO, ONE, TWO].map((appid) => token(instance(), appid)))
    expect(count('api_component_token')).toBe(1)
  })

  it('waits for the first ticket, without asking WeChat', async () => {
    const platform = instance()
    expect(await token(platform)).toMatchObject({ fault: { kind: 'wait', code: 'token_unavailable' } })
    expect(fake.calls).toEqual([])
    fake.refreshTokens.set(ONE, ['a'])
    await platform.takeTicket(new Secret(fake.ticket))
    expect((await token(platform)).kind).toBe('token')
  })

  it.each([61005, 61006])(
    'shows WeChat no ticket twice that it refused (%i), and goes on with the next',
    async (errcode) => {
      const platform = await ready()
      fake.refreshTokens.set(ONE, ['a'])
      fake.instead.set('api_component_token', [{ errcode, errmsg: 'component ticket is invalid' }])
      expect(await token(platform)).toMatchObject({ fault: { kind: 'wait' } })
      await redis.hset(appKeys(namespace, accountOf(component)).token, { retryAt: 0 })
      expect(await token(platform)).toMatchObject({ fault: { kind: 'wait' } })
      expect(count('api_component_token')).toBe(1)
      fake.ticket = 'ticket@@@2'
      await instance().takeTicket(new Secret(fake.ticket))
      expect((await token(platform)).kind).toBe('token')
    },
  )

  it('holds when no good ticket has come for 30 minutes', async () => {
    const platform = instance()
    await token(platform)
    const { ticketMissed } = platformKeys(namespace, component.appid)
    await redis.pexpire(ticketMissed, (await redis.pttl(ticketMissed)) - 31 * 60_000)
    await redis.hset(appKeys(namespace, accountOf(component)).token, { retryAt: 0 })
    expect(await token(platform)).toMatchObject({
      fault: { kind: 'hold', code: 'ticket_overdue', reason: 'token' },
    })
  })

  it('keeps the newest ticket, whatever comes late', async () => {
    const platform = instance()
    await platform.takeTicket(new Secret('newer'), 2_000)
    await platform.takeTicket(new Secret('older'), 1_000)
    expect(memory.texts.get(`${component.appid}/ticket`)?.text).toContain('newer')
    expect(await platform.ticketState()).toEqual({ madeAtMs: 2_000, goodUntilMs: 2_000 + 12 * 3_600_000 })
  })

  it('stops only the host whose AppSecret is not the one that got the token', async () => {
    const platform = await ready(ONE)
    expect((await token(platform)).kind).toBe('token')
    const tokenKey = appKeys(namespace, accountOf(component)).token
    await redis.hset(tokenKey, { retryAt: 0 })
    fake.instead.set('api_component_token', [{ errcode: 40125, errmsg: 'invalid appsecret' }])
    const odd = instance('host', { ...component, appSecret: new Secret('f'.repeat(32)) })
    const refused = await token(odd)
    expect(refused).toMatchObject({ fault: { kind: 'wait', code: 'token_credential_differs' } })
    expect(await redis.hexists(tokenKey, 'failure')).toBe(0)
    expect((await token(instance())).kind).toBe('token')
  })

  it('names the address that WeChat refuses, and bars this host alone', async () => {
    const platform = await ready(ONE)
    await redis.del(appKeys(namespace, accountOf(component)).token)
    const errmsg = 'access clientip is not registered, requestIP: 1.2.3.4'
    fake.instead.set('api_component_token', [{ errcode: 61004, errmsg }])
    const answer = await token(platform)
    expect(answer).toMatchObject({ fault: { kind: 'hold', code: 'token_61004' } })
    expect(shown(answer)).toContain('1.2.3.4')
    await redis.hset(appKeys(namespace, accountOf(component)).token, { retryAt: 0 })
    expect(await token(platform)).toMatchObject({ fault: { kind: 'hold', code: 'token_61004' } })
    expect((await token(instance('another host'))).kind).toBe('token')
  })
})

describe('merchants', () => {
  it('join by their authorisation and leave by their withdrawal', async () => {
    const platform = await ready(TWO, ONE)
    expect(await platform.merchants()).toEqual([ONE, TWO])
    await platform.withdraw(ONE, 2_000)
    expect(await instance().merchants()).toEqual([TWO])
    expect(recordOf()).toMatchObject({ state: 'withdrawn', refreshToken: null })
    await platform.authorise({ code: new Secret(`code2@@@${ONE}`), merchant: ONE, atMs: 3_000 })
    expect(await platform.merchants()).toEqual([ONE, TWO])
  })

  it('are not moved by an event that comes late', async () => {
    const platform = await ready(ONE)
    await platform.withdraw(ONE, 3_000)
    await platform.authorise({ code: new Secret(`code2@@@${ONE}`), merchant: ONE, atMs: 2_000 })
    expect(await platform.merchants()).toEqual([])
    await platform.withdraw(TWO, 5_000)
    await platform.authorise({ code: new Secret(`code@@@${TWO}`), merchant: TWO, atMs: 6_000 })
    await platform.withdraw(TWO, 5_000)
    expect(await platform.merchants()).toEqual([TWO])
  })

  it('are told of by another version', async () => {
    const platform = instance()
    expect(await platform.merchantsVersion()).toBeNull()
    const versions = new Set<string | null>()
    await ready(ONE)
    versions.add(await platform.merchantsVersion())
    await platform.withdraw(ONE)
    versions.add(await platform.merchantsVersion())
    expect(versions.size).toBe(2)
    expect(versions.has(null)).toBe(false)
  })

  it('join though their code was used by a process that died', async () => {
    const platform = await ready(ONE)
    memory.texts.delete(`${component.appid}/merchants/${ONE}`)
    await platform.authorise({ code: new Secret(`code@@@${ONE}`), merchant: ONE, atMs: 2_000 })
    expect(fake.calls).toEqual(['api_query_auth', 'api_get_authorizer_list'])
    expect(recordOf()).toMatchObject({ state: 'authorised', refreshToken: current() })
  })

  it('do not join when their refresh token is not in the vault', async () => {
    const platform = await ready()
    memory.failing = 3
    const authorisation = { code: new Secret(`code@@@${ONE}`), merchant: ONE, atMs: 1_000 }
    expect(await faultOf(platform.authorise(authorisation))).toMatchObject({ kind: 'wait' })
    expect(await platform.merchants()).toEqual([])
    await platform.authorise(authorisation)
    expect(await platform.merchants()).toEqual([ONE])
  })

  it('join by a code alone, as somebody pastes it', async () => {
    const platform = await ready()
    expect(await platform.authorise({ code: new Secret(`code@@@${ONE}`) })).toBe(ONE)
    expect(await platform.merchants()).toEqual([ONE])
  })

  it("don't join with a code that isn't theirs", async () => {
    const platform = await ready()
    const authorisation = { code: new Secret(`code@@@${TWO}`), merchant: ONE, atMs: 1_000 }
    expect(await faultOf(platform.authorise(authorisation))).toMatchObject({ kind: 'wait' })
    expect(await platform.merchants()).toEqual([])
  })

  it('are asked for a new token when they have authorised anew, and when they have withdrawn', async () => {
    const platform = await ready(ONE)
    const { token: key } = appKeys(namespace, ONE)
    await redis.hset(key, { sealed: 'of before', failure: 'why', retryAt: 9e15 })
    await platform.authorise({ code: new Secret(`code2@@@${ONE}`), merchant: ONE, atMs: 2_000 })
    expect(await redis.exists(key)).toBe(0)
    await redis.hset(key, { sealed: 'of before' })
    await platform.withdraw(ONE, 3_000)
    expect(await redis.exists(key)).toBe(0)
  })

  it('are written to though Redis was lost and its clock is behind the one before', async () => {
    const platform = await ready(ONE)
    const name = `${component.appid}/merchants/${ONE}`
    const ahead = Date.now() + 86_400_000
    memory.texts.set(name, { seq: ahead, text: memory.texts.get(name)?.text ?? '' })
    expect((await token(platform)).kind).toBe('token')
    expect(recordOf()).toMatchObject({ refreshToken: current() })
    expect(memory.texts.get(name)?.seq).toBeGreaterThan(ahead)
  })
})

it('shows no secret in faults and in Redis', async () => {
  const platform = await ready(ONE)
  const secrets = [component.appSecret.reveal(), fake.ticket, current() ?? '']
  fake.refreshTokens.set(ONE, ['another'])
  fake.instead.set('api_get_authorizer_list', [
    { errcode: 48001, errmsg: `no ${current()} and ${fake.ticket}` },
  ])
  const answers = [
    await token(platform),
    await faultOf(platform.authorise({ code: new Secret(`code@@@${ONE}`) })),
  ]
  const told = inspect([answers, called], { depth: 9, showHidden: true })
  const dump: string[] = []
  for (const key of await redis.keys(`${namespace}:*`)) {
    dump.push(
      key,
      JSON.stringify((await redis.type(key)) === 'hash' ? await redis.hgetall(key) : await redis.get(key)),
    )
  }
  for (const secret of secrets) expect(`${told}${dump.join()}`).not.toContain(secret)
})
