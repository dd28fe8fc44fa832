/**
 * What each errcode of WeChat means for us: data, not code. Sources: the errcode tables of getUnlimitedQRCode, getQRCode,
 * createQRCode, getStableAccessToken and the third-party platform, WeChat's staff, and its users. Unknown codes have a policy too.
 */
import type { HoldReason, HoldScope } from './hold.js'

/** Which call was answered: for a code, for an access token, for a third-party platform's, or about quotas and rids. */
export type ErrcodePlace = 'code' | 'token' | 'component' | 'quota'

/** The end of a hold: WeChat's next clock minute, its next day, or so many ms. */
export type HoldLasts = 'minute' | 'day' | number

export type ErrcodeAction =
  /** With back-off, this many times at most in a round. */
  | { readonly act: 'retry'; readonly attempts: number }
  /** At once, with a new token, once; costs no attempt. */
  | { readonly act: 'renew' }
  /** `whenMany`: what is held when different scenes are refused for it, one after the other. */
  | { readonly act: 'refuse'; readonly reason: string; readonly whenMany?: 'page' | 'campaign' }
  | {
      readonly act: 'hold'
      readonly scope: Extract<HoldScope, 'app' | 'lane'>
      readonly reason: HoldReason
      readonly lasts: HoldLasts
    }
  /** Only this question goes without an answer, until then; printing goes on. */
  | { readonly act: 'leave'; readonly until: 'next_time' | 'next_day' | 'next_month' }

export interface ErrcodeRow {
  readonly errcode: number
  readonly places: readonly ErrcodePlace[]
  readonly action: ErrcodeAction
  /** For people: what is wrong, or what to see to. */
  readonly advice: string
}

const MINUTE_MS = 60_000
const TEN_MINUTES_MS = 600_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

const app = (lasts: HoldLasts): ErrcodeAction => ({ act: 'hold', scope: 'app', reason: 'app_held', lasts })
const token = (lasts: HoldLasts): ErrcodeAction => ({ act: 'hold', scope: 'app', reason: 'token', lasts })
const refuse = (reason: string): ErrcodeAction => ({ act: 'refuse', reason })
const refuseMany = (reason: string, whenMany: 'page' | 'campaign'): ErrcodeAction => ({
  act: 'refuse',
  reason,
  whenMany,
})

const RETRY: ErrcodeAction = { act: 'retry', attempts: 6 }
/** Twice more, and then its last round. */
const UNKNOWN: ErrcodeAction = { act: 'retry', attempts: 3 }
const RENEW: ErrcodeAction = { act: 'renew' }
/** The quota's own watch may know better: the day's limit has the same words. */
const PACE: ErrcodeAction = { act: 'hold', scope: 'lane', reason: 'minute_quota', lasts: 'minute' }
/** What somebody mends: one call a minute finds out that it is mended. */
const MEND = app(MINUTE_MS)
const MEND_TOKEN = token(MINUTE_MS)
const LEAVE: ErrcodeAction = { act: 'leave', until: 'next_time' }

const ANY = ['code', 'token', 'component', 'quota'] as const
const CODE = ['code'] as const
const TOKENS = ['token', 'component'] as const
const CALLS = ['code', 'quota'] as const
const QUOTA = ['quota'] as const

type Row = readonly [errcode: number, places: readonly ErrcodePlace[], action: ErrcodeAction, advice: string]

const ROWS: readonly Row[] = [
  // It passes.
  [-1, ANY, RETRY, 'WeChat is busy'],

  // The access token.
  [40001, CALLS, RENEW, 'the access token was replaced: does somebody else refresh it?'],
  [40014, CALLS, RENEW, 'the access token is not one'],
  [42001, CALLS, RENEW, 'the access token has expired'],
  [40001, TOKENS, MEND_TOKEN, 'the AppSecret is wrong'],
  [40002, TOKENS, MEND_TOKEN, 'grant_type is wrong: is WECHAT_BASE_URL a proxy that changes requests?'],
  [40013, ANY, MEND_TOKEN, 'the appid is wrong'],
  [40125, ANY, MEND_TOKEN, 'the AppSecret is wrong'],
  [40164, ANY, MEND_TOKEN, "add our address to the app's IP whitelist"],
  [40243, ANY, MEND_TOKEN, 'the AppSecret is frozen: thaw it in the console'],
  [41001, ANY, MEND, 'the access token is missing: in cloud hosting, switch its open API on'],
  [41002, ANY, MEND_TOKEN, 'the appid is missing'],
  [41004, ANY, MEND_TOKEN, 'the AppSecret is missing'],
  [50004, ANY, token(HOUR_MS), 'the account is restricted: see its notices in the console'],
  [50007, ANY, token(HOUR_MS), 'the account is frozen: see its notices in the console'],
  [89501, ANY, token(TEN_MINUTES_MS), 'an administrator must confirm our address: WeChat has asked them'],
  [89502, ANY, token(TEN_MINUTES_MS), 'an administrator must confirm our address: WeChat has asked them'],
  [89503, ANY, token(TEN_MINUTES_MS), 'an administrator must confirm our address: WeChat has asked them'],
  [89504, ANY, token(TEN_MINUTES_MS), 'an administrator must confirm our address: WeChat has asked them'],
  [89505, ANY, token(TEN_MINUTES_MS), 'an administrator must confirm our address: WeChat has asked them'],
  [89506, ANY, token(DAY_MS), 'an administrator refused our address twice: no token for 24 h'],
  [89507, ANY, token(HOUR_MS), 'an administrator refused our address: no token for an hour'],

  // The third-party platform.
  [41018, TOKENS, MEND_TOKEN, 'the component_appid is missing'],
  [42002, ANY, MEND_TOKEN, 'the refresh token has expired: the merchant must authorise again'],
  [42007, ANY, MEND_TOKEN, 'the merchant changed their password, and must authorise again'],
  [61003, ANY, MEND_TOKEN, 'the merchant has not authorised this platform'],
  [61004, ANY, MEND_TOKEN, "add our address to the platform's IP whitelist"],
  [61005, TOKENS, MEND_TOKEN, 'the component_verify_ticket is too old: a new one comes every 10 minutes'],
  [61006, TOKENS, MEND_TOKEN, 'the component_verify_ticket is invalid: a new one comes every 10 minutes'],
  [61007, ANY, MEND, 'the merchant has not granted permission set 17 (codes) to this platform'],
  [61009, TOKENS, MEND_TOKEN, 'the authorization_code is invalid: the merchant must authorise again'],
  [61010, TOKENS, MEND_TOKEN, 'the authorization_code has expired: the merchant must authorise again'],
  [61011, ANY, MEND_TOKEN, 'the component_appid is wrong'],
  [61014, ANY, MEND_TOKEN, "this call wants the platform's own token"],
  [61015, ANY, MEND_TOKEN, "this call does not take the platform's token"],
  [61023, ANY, MEND_TOKEN, 'the refresh token is invalid: the merchant must authorise again'],
  [61024, ANY, MEND_TOKEN, 'this appid is a platform: its credential must be of kind component'],

  // Quotas.
  [44990, CODE, PACE, 'too many calls: slower'],
  [44991, CODE, PACE, 'too many calls: slower'],
  [44992, CODE, PACE, 'too many calls: slower'],
  [45009, CODE, PACE, 'the quota is used up'],
  [45011, CODE, PACE, 'too many calls in this minute: slower'],
  [45009, TOKENS, token('day'), "the day's token calls are used up: see sunpress app clear-quota"],
  [45011, TOKENS, token('minute'), 'too many token calls in this minute'],
  [45029, CODE, refuse('lifetime_quota'), '100,000 codes exist: use the unlimited endpoint'],

  // This scene can never work.
  [40129, CODE, refuse('invalid_scene'), 'the scene has a character that WeChat does not allow'],
  [40169, CODE, refuse('invalid_scene'), 'the scene must have 1 to 32 characters'],
  [41030, CODE, refuseMany('invalid_page', 'page'), 'the page is not in the released version'],
  [40159, CODE, refuseMany('invalid_path', 'campaign'), 'the path is empty or too long'],
  [40165, CODE, refuseMany('invalid_path', 'campaign'), 'the path is not one of the Mini Program'],
  [40212, CODE, refuseMany('invalid_path', 'campaign'), "the path's query must read k1=v1&k2=v2"],
  [85096, CODE, refuse('reserved_parameter'), 'scancode_time is reserved'],
  [40189, CODE, refuseMany('invalid_width', 'campaign'), 'the width must be 280 to 1280'],
  [40097, CODE, refuseMany('invalid_args', 'campaign'), 'an argument is wrong, mostly env_version'],
  [45002, CODE, refuse('too_large'), 'the request is too large'],
  [47001, CODE, refuseMany('invalid_data', 'campaign'), 'WeChat cannot read it: does a proxy change it?'],

  // No call of this app can work.
  [40066, ANY, MEND, 'WeChat does not know the URL: check WECHAT_BASE_URL'],
  [40234, ANY, MEND, 'the app wants signed requests (API security): switch it off for these calls'],
  [43002, ANY, MEND, 'WeChat wants POST: does a proxy change requests?'],
  [43003, ANY, MEND, 'WeChat wants https: check WECHAT_BASE_URL'],
  [43104, ANY, MEND, 'the appid has no permission for this call'],
  [44002, ANY, MEND, 'the request came empty: does a proxy drop bodies?'],
  [45035, ANY, MEND, "add our address to the account's IP whitelist"],
  [45063, ANY, MEND, 'the token is not of a Mini Program, or the app may not make codes'],
  [48001, ANY, MEND, 'the app has no permission: is it a verified Mini Program that has been released?'],
  [48003, ANY, MEND, "the app's owner has not agreed to WeChat's terms"],
  [48004, ANY, app(DAY_MS), 'WeChat has banned this call for the app: see its notices in the console'],
  [50001, ANY, app(HOUR_MS), 'the account has no right to this call'],
  [50002, ANY, app(HOUR_MS), 'the account is restricted or closed: see its notices in the console'],

  // Cloud hosting and cloud functions.
  [85105, ANY, MEND, 'cloud hosting: the app has not authorised the environment'],
  [85107, ANY, MEND, "cloud hosting: put the path on the open API's list in the console"],
  [85112, ANY, MEND, 'cloud hosting: the cloudbase secret was not found'],
  [85113, ANY, MEND_TOKEN, 'cloud hosting: its token is not ready yet, mostly for minutes'],
  [-604101, ANY, app(TEN_MINUTES_MS), 'cloud function: declare wxacode in its config.json; takes 10 minutes'],

  // Questions about quotas and rids.
  [44993, QUOTA, { act: 'leave', until: 'next_day' }, "the day's questions about quotas are used up"],
  [48006, QUOTA, { act: 'leave', until: 'next_month' }, 'quotas may be cleared 10 times a month'],
  [76001, QUOTA, LEAVE, 'WeChat does not know the rid'],
  [76002, QUOTA, LEAVE, 'this is not a rid'],
  [76003, QUOTA, LEAVE, 'the rid is of another account'],
  [76004, QUOTA, LEAVE, 'WeChat keeps rids for 7 days'],
  [76021, QUOTA, LEAVE, 'WeChat keeps no quota for this path'],
  [76022, QUOTA, LEAVE, 'the token is of the wrong kind'],
]

export const ERRCODE_TABLE: readonly ErrcodeRow[] = ROWS.map(([errcode, places, action, advice]) => ({
  errcode,
  places,
  action,
  advice,
}))

const KNOWN: ReadonlySet<number> = new Set(ERRCODE_TABLE.map(({ errcode }) => errcode))
const byPlace = new Map(
  ERRCODE_TABLE.flatMap((row) => row.places.map((place) => [`${place} ${row.errcode}`, atPlace(row, place)])),
)

/** Whatever stops a call for a token, the app waits for its token. */
function atPlace(row: ErrcodeRow, place: ErrcodePlace): ErrcodeRow {
  const isForToken = place === 'token' || place === 'component'
  if (!isForToken || row.action.act !== 'hold') return row
  return { ...row, action: { ...row.action, reason: 'token' } }
}

/**
 * The row of an errcode where it occurs. Unknown codes, and known ones where nobody expects them, are retried: they cost
 * attempts, so that they end as refusals and are seen.
 */
export const rowFor = (errcode: number, place: ErrcodePlace = 'code'): ErrcodeRow =>
  byPlace.get(`${place} ${errcode}`) ?? {
    errcode,
    places: [place],
    action: UNKNOWN,
    advice: 'an errcode that Sunpress does not know',
  }

export const actionFor = (errcode: number, place: ErrcodePlace = 'code'): ErrcodeAction =>
  rowFor(errcode, place).action

export const isKnownErrcode = (errcode: number): boolean => errcode === 0 || KNOWN.has(errcode)

export const knownErrcodes = (): readonly number[] => [...KNOWN]
