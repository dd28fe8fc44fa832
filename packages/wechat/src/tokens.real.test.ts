import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { inspect } from 'node:util'
import { type AccessToken, type App, type AppId, DEFAULT_QUOTAS, Secret } from '@sunpress/core'
import { createHttpClient, type HttpClient } from '@sunpress/http'
import { appKeys, connectRedis } from '@sunpress/redis'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { realClock } from './testing/real-clock.js'
import { type ScriptedWechat, startScriptedWechat } from './testing/scripted-wechat.js'
import { createTokens, type SharedTokens, type TokensTerms } from './tokens.js'

const PATH = '/cgi-bin/stable_token'
const APP_SECRET = '0123456789abcdef0123456789abcdef'
const appid = 'wx0123456789abcdef' as AppId
const app: App = {
  appid,
  name: 'Shops',
  credential: { kind: 'secret', appSecret: new Secret(APP_SECRET), endpoint: 'stable' },
  quotas: DEFAULT_QUOTAS,
}
const never = new AbortController().signal
setMaxListeners(0, never)
const good = (name: string, seconds = 7_200) => ({
  access_token: `92_${name.repeat(30)}`,
  expires_in: seconds,
})

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'tokens-test' })
afterAll(() => redis.quit())

let namespace: string
let wechat: ScriptedWechat
let http: HttpClient
let called: string[]
let instances: SharedTokens[]
beforeEach(async () => {
  namespace = `test-${randomUUID()}`
  wechat = await startScriptedWechat()
  http = createHttpClient({ baseUrl: wechat.url, clock: realClock, random: Math.random, reserve: 0 })
  called = []
  instances = []
})
afterEach(async () => {
  await Promise.all(instances.map((tokens) => tokens.close()))
  await http.destroy()
  await wechat.close()
})

function instance(more: Partial<TokensTerms> = {}): SharedTokens {
  const observer = { called: (...told: string[]) => called.push(told.join(' ')), numUsed: () => {} }
  const parts = { http, redis, namespace, clock: realClock, random: Math.random, observer }
  const tokens = createTokens({ ...parts, apps: (id) => (id === appid ? app : undefined), ...more })
  instances.push(tokens)
  return tokens
}
const fleet = (size: number, more?: Partial<TokensTerms>) =>
  Array.from({ length: size }, () => instance(more))
const get = (tokens: SharedTokens) => tokens.get(appid, never)
/** As if the last fetch had been long ago. */
const ageFetch = (fields: Record<string, number> = {}) =>
  redis.hset(appKeys(namespace, appid).token, { retryAt: 0, ...fields })
const failureRecorded = () =>
  expect.poll(() => redis.hexists(appKeys(namespace, appid).token, 'failure')).toBe(1)
const reveal = (token: AccessToken) => token.value.reveal()
const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no fault',
    (fault: unknown) => fault,
  )

/** Holds drop-token back, the one script with a single key. */
const evalshaBehind =
  (gate: Promise<void>) =>
  async (sha: string, keys: number, ...args: (string | number)[]) => {
    if (keys === 1) await gate
    return await redis.evalsha(sha, keys, ...args)
  }

describe('a fleet', () => {
  it('of 8 processes with 10 callers each makes one call and shares its token', async () => {
    wechat.script(PATH, good('one'), good('two'))
    const all = fleet(8).flatMap((tokens) => Array.from({ length: 10 }, () => get(tokens)))
    expect(new Set((await Promise.all(all)).map(reveal))).toEqual(new Set([good('one').access_token]))
    expect(wechat.asked).toHaveLength(1)
    expect(JSON.parse(wechat.asked[0]?.body ?? '')).toEqual({
      grant_type: 'client_credential',
      appid,
      secret: APP_SECRET,
    })
    expect(called).toEqual([`${appid} stable_token 0`])
  })

  it('that drops the same refused token everywhere makes one call more', async () => {
    wechat.script(PATH, good('one'), good('two'), good('three'))
    const all = fleet(4)
    const first = await Promise.all(all.map(get))
    await ageFetch()
    const second = await Promise.all(
      all.map(async (tokens, at) => {
        await tokens.drop(appid, first[at] as AccessToken)
        return await get(tokens)
      }),
    )
    expect(new Set(second.map(reveal))).toEqual(new Set([good('two').access_token]))
    expect(wechat.asked).toHaveLength(2)
  })

  it('keeps the token that one process fetched while another still dropped the old one', async () => {
    wechat.script(PATH, good('one'), good('two'), good('three'))
    const [early, late] = [instance(), instance()]
    const [old] = [await get(early), await get(late)]
    await ageFetch()
    await early.drop(appid, old)
    const fresh = await get(early)
    await late.drop(appid, old)
    expect(reveal(await get(late))).toBe(reveal(fresh))
    expect(wechat.asked).toHaveLength(2)
  })

  it('takes over from a process that died while fetching, when its flight is over', async () => {
    wechat.script(PATH, good('one'))
    const startedMs = realClock.monotonic()
    await redis.set(appKeys(namespace, appid).tokenFlight, 'the dead', 'PX', 300)
    expect(reveal(await get(instance()))).toBe(good('one').access_token)
    expect(realClock.monotonic() - startedMs).toBeGreaterThan(250)
    expect(wechat.asked).toHaveLength(1)
  })

  it('shares one failure: nobody asks again before its time', async () => {
    wechat.script(PATH, { errcode: 40164, errmsg: 'invalid ip 1.2.3.4, not in whitelist' })
    const faults = await Promise.all(fleet(4).map((tokens) => faultOf(get(tokens))))
    for (const fault of faults) {
      expect(fault).toMatchObject({ kind: 'hold', code: 'token_40164', scope: 'app', reason: 'token' })
      expect(String(fault)).toContain('1.2.3.4')
      expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain(APP_SECRET)
    }
    expect(wechat.asked).toHaveLength(1)
    expect(called).toEqual([`${appid} stable_token 40164`])
  })
})

describe('one process', () => {
  it('asks Redis at most once in a while', async () => {
    wechat.script(PATH, good('one'))
    const tokens = instance({ cacheMs: 60_000 })
    await get(tokens)
    await redis.del(appKeys(namespace, appid).token)
    expect(reveal(await get(tokens))).toBe(good('one').access_token)
    expect(wechat.asked).toHaveLength(1)
  })

  it('forgets its own copy on every drop', async () => {
    wechat.script(PATH, good('one'), good('two'))
    const [mine, other] = [instance({ cacheMs: 60_000 }), instance({ cacheMs: 60_000 })]
    const old = await get(mine)
    await ageFetch()
    await other.drop(appid, old)
    await get(other)
    await mine.drop(appid, old)
    expect(reveal(await get(mine))).toBe(good('two').access_token)
  })

  it('forgets what it asked for while a drop was under way, too', async () => {
    wechat.script(PATH, good('one'), good('two'))
    let passDrop = () => {}
    const gate = new Promise<void>((resolve) => {
      passDrop = resolve
    })
    const slow = new Proxy(redis, {
      get: (target, name) => (name === 'evalsha' ? evalshaBehind(gate) : Reflect.get(target, name)),
    })
    const tokens = instance({ redis: slow, cacheMs: 60_000 })
    const old = await get(tokens)
    await ageFetch()
    const dropped = tokens.drop(appid, old)
    expect(reveal(await get(tokens))).toBe(good('one').access_token)
    passDrop()
    await dropped
    expect(reveal(await get(tokens))).toBe(good('two').access_token)
  })

  it('leaves WeChat alone for 2 seconds after a refresh, however often the token is dropped', async () => {
    wechat.script(PATH, good('one'))
    const tokens = instance()
    const startedMs = realClock.monotonic()
    await tokens.drop(appid, await get(tokens))
    await get(tokens)
    expect(realClock.monotonic() - startedMs).toBeGreaterThan(1_900)
    expect(wechat.asked).toHaveLength(2)
  })

  it('fetches ahead of the end, and goes on with the old token when that fails', async () => {
    wechat.script(PATH, good('one'), { errcode: -1, errmsg: 'system error' }, good('two'))
    const tokens = instance({ cacheMs: 0 })
    await get(tokens)
    await ageFetch({ renewAt: 0 })
    expect(reveal(await get(tokens))).toBe(good('one').access_token)
    await failureRecorded()
    await ageFetch()
    expect(reveal(await get(tokens))).toBe(good('one').access_token)
    await expect.poll(async () => reveal(await get(tokens))).toBe(good('two').access_token)
    expect(wechat.asked).toHaveLength(3)
  })

  it('gives out the old token while another process fetches the next', async () => {
    wechat.script(PATH, good('one'))
    await get(instance())
    await ageFetch({ renewAt: 0 })
    await redis.set(appKeys(namespace, appid).tokenFlight, 'another', 'PX', 60_000)
    expect(reveal(await get(instance()))).toBe(good('one').access_token)
    expect(wechat.asked).toHaveLength(1)
  })

  it('fetches anew when the AppSecret is another', async () => {
    wechat.script(PATH, good('one'), good('two'))
    await get(instance())
    await ageFetch()
    const credential = { kind: 'secret', appSecret: new Secret('f'.repeat(32)), endpoint: 'stable' } as const
    expect(reveal(await get(instance({ apps: () => ({ ...app, credential }) })))).toBe(
      good('two').access_token,
    )
  })

  it.each([
    ['busy', { errcode: -1, errmsg: 'system error' }, '-1'],
    ['an error page', Buffer.from('<html>'), 'not_a_token'],
  ])('waits 2 to 5 seconds when WeChat is away: %s', async (_, line, errcode) => {
    wechat.script(PATH, line)
    const fault = (await faultOf(get(instance()))) as { afterMs: number }
    expect(fault).toMatchObject({ kind: 'wait', code: 'token_unavailable' })
    expect(fault.afterMs).toBeGreaterThanOrEqual(2_000)
    expect(fault.afterMs).toBeLessThanOrEqual(5_000)
    expect(called).toEqual([`${appid} stable_token ${errcode}`])
  })

  it('waits when WeChat hangs, well before its flight is over', async () => {
    // On a connection that is there the call is made at once, however short its time.
    await http.request({ method: 'GET', path: '/' })
    wechat.script(PATH, () => {})
    const fault = await faultOf(get(instance({ flightMs: 200 })))
    expect(fault).toMatchObject({ kind: 'wait', code: 'token_unavailable' })
    expect(called).toEqual([`${appid} stable_token timeout`])
  })

  it('waits when Redis is away: no token, no call', async () => {
    const away = connectRedis({ url: 'redis://127.0.0.1:1', purpose: 'command', name: 'away' })
    const fault = await faultOf(get(instance({ redis: away })))
    away.disconnect()
    expect(fault).toMatchObject({ kind: 'wait', code: 'redis_unavailable' })
    expect(wechat.asked).toHaveLength(0)
  })

  it('waits for an app that is not configured', async () => {
    const fault = await faultOf(instance().get('wxffffffffffffffff' as AppId, never))
    expect(fault).toMatchObject({ kind: 'wait', code: 'app_unknown' })
  })

  it("ends one caller's wait on its abort, and not the others'", async () => {
    let answer = () => {}
    wechat.script(PATH, (response) => {
      answer = () => response.end(JSON.stringify(good('one')))
    })
    const tokens = instance()
    const abort = new AbortController()
    const [mine, others] = [tokens.get(appid, abort.signal), get(tokens)]
    await wechat.until(() => wechat.asked.length === 1)
    const reason = new Error('draining')
    abort.abort(reason)
    await expect(mine).rejects.toBe(reason)
    answer()
    expect(reveal(await others)).toBe(good('one').access_token)
  })

  it('ends its fetch on close, and frees the flight for the others', async () => {
    wechat.script(PATH, () => {}, good('one'))
    const tokens = instance()
    const asked = faultOf(get(tokens))
    await wechat.until(() => wechat.asked.length === 1)
    await tokens.close()
    expect(await asked).toMatchObject({ kind: 'wait', code: 'token_unavailable' })
    expect(reveal(await get(instance()))).toBe(good('one').access_token)
  })
})

it('leaves neither token nor AppSecret in Redis in plain', async () => {
  wechat.script(PATH, good('one'), { errcode: 40125, errmsg: `invalid appsecret ${APP_SECRET}` })
  const tokens = instance({ cacheMs: 0 })
  await get(tokens)
  const keys = await redis.keys(`${namespace}:*`)
  expect(keys).toEqual([appKeys(namespace, appid).token])
  await ageFetch({ renewAt: 0 })
  await get(tokens)
  const barsOf = async () =>
    Object.keys(await redis.hgetall(keys[0] ?? '')).filter((name) => name.startsWith('bar:'))
  await expect.poll(barsOf).toHaveLength(1)
  const fields = await redis.hgetall(keys[0] ?? '')
  const everything = `${JSON.stringify(fields)} ${Buffer.from(fields['sealed'] ?? '', 'base64').toString('latin1')}`
  for (const secret of [good('one').access_token, good('one').access_token.slice(3, 20), APP_SECRET]) {
    expect(everything).not.toContain(secret)
  }
})
