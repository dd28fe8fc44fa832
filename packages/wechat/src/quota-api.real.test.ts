import { type AppId, Secret } from '@sunpress/core'
import { createHttpClient, type HttpClient } from '@sunpress/http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { clearQuota, clearQuotaBySecret, readQuota } from './quota-api.js'
import { realClock } from './testing/real-clock.js'
import { type ScriptedWechat, startScriptedWechat } from './testing/scripted-wechat.js'

const GET = '/cgi-bin/openapi/quota/get'
const CLEAR = '/cgi-bin/clear_quota'
const CLEAR_V2 = '/cgi-bin/clear_quota/v2'
const app = 'wx0123456789abcdef' as AppId
const token = { value: new Secret('92_tok') }
const appSecret = new Secret('a-very-secret-secret')
const { signal } = new AbortController()

let wechat: ScriptedWechat
let http: HttpClient
let called: string[]
beforeEach(async () => {
  wechat = await startScriptedWechat()
  http = createHttpClient({ baseUrl: wechat.url, clock: realClock, random: () => 0, reserve: 0 })
  called = []
})
afterEach(async () => {
  await http.destroy()
  await wechat.close()
})
const terms = () => ({
  http,
  clock: realClock,
  random: () => 0,
  observer: { called: (...told: string[]) => called.push(told.join(' ')), numUsed: () => {} },
})

it('reads the quota of an endpoint', async () => {
  const quota = { daily_limit: 10_000, used: 12, remain: 9_988 }
  wechat.script(GET, {
    errcode: 0,
    errmsg: 'ok',
    quota,
    rate_limit: { call_count: 5_000, refresh_second: 60 },
  })
  expect(await readQuota(terms(), app, token, 'getwxacode', signal)).toEqual({
    kind: 'quota',
    quota: {
      daily: { limit: 10_000, used: 12, remain: 9_988 },
      rate: { calls: 5_000, perSeconds: 60 },
      platformRate: null,
    },
  })
  expect(wechat.asked).toMatchObject([{ method: 'POST', body: '{"cgi_path":"/wxa/getwxacode"}' }])
  expect(called).toEqual([`${app} quota_get 0`])
})

it('leaves the question alone when WeChat answers no more of them today', async () => {
  wechat.script(GET, { errcode: 44993, errmsg: 'reach max api day frequence limit' })
  const left = await readQuota(terms(), app, token, 'getwxacode', signal)
  expect(left).toMatchObject({ kind: 'left', until: 'next_day' })
  expect(called).toEqual([`${app} quota_get 44993`])
})

it('throws what a stale token means, and counts what never came', async () => {
  wechat.script(GET, { errcode: 40001, errmsg: 'x' }, (response) => response.destroy())
  const read = () => readQuota(terms(), app, token, 'getwxacode', signal)
  await expect(read()).rejects.toMatchObject({ kind: 'renew', code: 'quota_40001' })
  await expect(read()).rejects.toMatchObject({ kind: 'retry' })
  expect(called).toEqual([`${app} quota_get 40001`, `${app} quota_get reset`])
})

it('clears the quota once, and says when there is nothing left of the ten', async () => {
  wechat.script(CLEAR, { errcode: 0, errmsg: 'ok' }, { errcode: 48006, errmsg: 'forbid to clear quota' })
  expect(await clearQuota(terms(), app, token, signal)).toEqual({ kind: 'cleared' })
  expect(await clearQuota(terms(), app, token, signal)).toMatchObject({ kind: 'left', until: 'next_month' })
  expect(wechat.asked).toHaveLength(2)
  expect(JSON.parse(wechat.asked[0]?.body ?? '')).toEqual({ appid: app })
  expect(called).toEqual([`${app} clear_quota 0`, `${app} clear_quota 48006`])
})

it('clears by AppSecret without a token, in the body, or in the query where WeChat looks only there', async () => {
  wechat.script(CLEAR_V2, { errcode: 0 }, { errcode: 41002, errmsg: 'appid missing' }, { errcode: 0 })
  expect(await clearQuotaBySecret(terms(), app, appSecret, signal)).toEqual({ kind: 'cleared' })
  expect(await clearQuotaBySecret(terms(), app, appSecret, signal)).toEqual({ kind: 'cleared' })
  const secrets = wechat.asked.map(({ query, body }) => [query.get('appsecret'), JSON.parse(body).appsecret])
  const secret = appSecret.reveal()
  expect(secrets).toEqual([
    [null, secret],
    [null, secret],
    [secret, undefined],
  ])
  expect(called).toEqual([
    `${app} clear_quota_v2 0`,
    `${app} clear_quota_v2 41002`,
    `${app} clear_quota_v2 0`,
  ])
})

it('shows no AppSecret that WeChat echoes', async () => {
  wechat.script(CLEAR_V2, { errcode: 40125, errmsg: 'invalid appsecret a-very-secret-secret' })
  const fault = await clearQuotaBySecret(terms(), app, appSecret, signal).catch((reason: unknown) => reason)
  expect(fault).toMatchObject({ kind: 'hold', code: 'quota_40125' })
  expect(`${String(fault)} ${JSON.stringify(fault)}`).not.toContain('a-very-secret-secret')
})
