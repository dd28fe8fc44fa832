/** What an app has used (quota/get), and the two ways to start its days anew (clear_quota). */
import type { App } from './app.js'
import { type Answer, type Call, type Check, fieldsOf, refusal, type World } from './call.js'
import { TOKEN_RULES } from './tokens.js'

type Reading = {
  readonly daily: number
  readonly used: number
  readonly perMinute?: number
}
type Read = (app: App, call: Call, world: World) => Reading

const MINUTES_A_DAY = 1440

/** The paths that quota/get knows. A path without a daily limit tells what its minutes allow. */
const READINGS: Readonly<Record<string, Read>> = {
  '/wxa/getwxacodeunlimit': (app, { now }) => {
    const { dailyLimit, perMinute } = app.config
    const daily = dailyLimit ?? perMinute * MINUTES_A_DAY
    return { daily, used: app.usedToday('unlimited', now), perMinute }
  },
  '/wxa/getwxacode': readLimited,
  '/cgi-bin/wxaapp/createwxaqrcode': readLimited,
  '/cgi-bin/token': (_app, { appid, now }, { tokens }) => {
    return { daily: TOKEN_RULES.classicPerDay, used: tokens.usedToday(appid, now).classic }
  },
  '/cgi-bin/stable_token': (_app, { appid, now }, { tokens }) => ({
    daily: TOKEN_RULES.stablePerDay,
    used: tokens.usedToday(appid, now).stable,
    perMinute: TOKEN_RULES.stablePerMinute,
  }),
  '/cgi-bin/openapi/quota/get': (app, { now }) => {
    return { daily: app.config.quotaGetPerDay, used: app.usedToday('quotaGet', now) }
  },
}

function readLimited(app: App, { now }: Call): Reading {
  const { limitedPerDay, limitedPerMinute } = app.config
  return { daily: limitedPerDay, used: app.usedToday('limited', now), perMinute: limitedPerMinute }
}

export function answerQuota(call: Call, world: World): Answer {
  const path = fieldsOf(call)['cgi_path']
  if (typeof path !== 'string') return refusal(47001)
  const read = Object.hasOwn(READINGS, path) ? READINGS[path] : undefined
  if (read === undefined || call.app === undefined) return refusal(76021)
  const told = call.app.config.quotaGetTells?.[path]
  const truth = read(call.app, call, world)
  const daily = told?.dailyLimit ?? truth.daily
  const used = told?.used ?? truth.used
  const perMinute = told?.perMinute ?? truth.perMinute
  const quota = { daily_limit: daily, used: Math.min(used, daily), remain: Math.max(0, daily - used) }
  const rate = { call_count: perMinute ?? 0, refresh_second: perMinute === undefined ? 0 : 60 }
  const none = { call_count: 0, refresh_second: 0 }
  return {
    kind: 'json',
    body: { errcode: 0, errmsg: 'ok', quota, rate_limit: rate, component_rate_limit: none },
  }
}

/** The appid named must be the token's own. */
export const ownAppid: Check = {
  name: 'ownAppid',
  judge: (call) => (fieldsOf(call)['appid'] === call.appid ? undefined : refusal(40013)),
}

/** v2 takes appid and appsecret in the body or in the query; the documentation shows both. */
export const clearCredential: Check = {
  name: 'clearCredential',
  judge: (call) => {
    const sent = (name: string) => fieldsOf(call)[name] ?? call.query.get(name)
    const secret = sent('appsecret')
    if (!sent('appid')) return refusal(41002)
    if (!secret) return refusal(41004)
    if (call.app === undefined) return refusal(40013)
    return (call.app.config.secret ?? secret) === secret ? undefined : refusal(40125)
  },
}

/** A body that isn't JSON is an error, but none at all will do. */
export const bodyIfAny: Check = {
  name: 'bodyIfAny',
  judge: ({ body }) => ('errcode' in body && body.errcode === 47001 ? refusal(47001) : undefined),
}

export function answerClear({ app, appid, now }: Call, { tokens }: World): Answer {
  if (app?.clearQuotas(now) !== true) return refusal(48006)
  tokens.forgetDay(appid)
  return { kind: 'json', body: { errcode: 0, errmsg: 'ok' } }
}
