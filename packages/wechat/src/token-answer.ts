/** What the answer of getStableAccessToken means: a token, or why there is none. Pure. */
import { HoldFault, Secret, type UpstreamWords, WaitFault } from '@sunpress/core'
import type { AnswerParts } from './classify-answer.js'
import { type Moment, untilNextMinuteMs } from './next-minute.js'
import { parseJsonObject, scrub, wordsOf } from './upstream-words.js'

export type TokenAnswer =
  | { readonly kind: 'token'; readonly value: Secret; readonly lifetimeMs: number; readonly errcode: string }
  | { readonly kind: 'fault'; readonly fault: WaitFault | HoldFault; readonly errcode: string }

const UNAVAILABLE_MS = { least: 2_000, spread: 3_000 }
const HELD_MS = 60_000
const TEN_MINUTES_MS = 600_000
const HOUR_MS = 3_600_000

/** What somebody must see to; and how long to leave WeChat alone, where a minute is too short. */
const ADVICE: ReadonlyMap<number, { readonly text: string; readonly forMs?: number }> = new Map([
  [40001, { text: 'the AppSecret is wrong' }],
  [40013, { text: 'the appid is wrong' }],
  [40125, { text: 'the AppSecret is wrong' }],
  [40164, { text: "add our address to the app's IP whitelist" }],
  [40243, { text: 'the AppSecret is frozen' }],
  [45009, { text: "the day's token calls are used up", forMs: TEN_MINUTES_MS }],
  [50004, { text: 'the account is restricted' }],
  [50007, { text: 'the account is frozen' }],
  [89501, { text: 'an administrator must confirm our address', forMs: TEN_MINUTES_MS }],
  [89503, { text: 'an administrator must confirm our address', forMs: TEN_MINUTES_MS }],
  [89504, { text: 'an administrator must confirm our address', forMs: TEN_MINUTES_MS }],
  [89505, { text: 'an administrator must confirm our address', forMs: TEN_MINUTES_MS }],
  // WeChat wants 24 h without token calls from here; an hour at a time, so that what was mended is found out.
  [89506, { text: 'an administrator refused our address twice', forMs: HOUR_MS }],
  [89507, { text: 'an administrator refused our address', forMs: HOUR_MS }],
])
const MINUTE_QUOTA = 45011
const BUSY = -1

export function classifyTokenAnswer(answer: AnswerParts, moment: Moment): TokenAnswer {
  if (answer.status !== 200) {
    return unavailable(`http_${answer.status}`, `WeChat's host answered HTTP ${answer.status}`, moment)
  }
  const json = parseJsonObject(answer.bytes)
  const [value, seconds] = [json?.['access_token'], json?.['expires_in']]
  if (typeof value === 'string' && value !== '' && typeof seconds === 'number' && seconds > 0) {
    return { kind: 'token', value: new Secret(value), lifetimeMs: seconds * 1_000, errcode: '0' }
  }
  const words = json === null ? null : wordsOf(json)
  if (words === null || words.errcode === 0) {
    return unavailable('not_a_token', 'WeChat answered with neither token nor errcode', moment)
  }
  if (words.errcode === BUSY) return unavailable('-1', `WeChat answered -1: ${words.errmsg}`, moment)
  return { kind: 'fault', fault: heldBy(words, answer, moment), errcode: String(words.errcode) }
}

/** For faults of the transport, too. */
export function tokenUnavailable(why: string, { random }: Moment, cause?: unknown): WaitFault {
  const afterMs = Math.round(UNAVAILABLE_MS.least + UNAVAILABLE_MS.spread * random)
  return new WaitFault(
    'token_unavailable',
    `no access token: ${why}`,
    afterMs,
    cause === undefined ? {} : { cause },
  )
}

const unavailable = (errcode: string, why: string, moment: Moment): TokenAnswer => ({
  kind: 'fault',
  fault: tokenUnavailable(why, moment),
  errcode,
})

/** No scene can be printed until somebody has looked, or the quota is back. */
function heldBy(words: UpstreamWords, answer: AnswerParts, moment: Moment): HoldFault {
  const advice = ADVICE.get(words.errcode)
  const forMs =
    words.errcode === MINUTE_QUOTA
      ? untilNextMinuteMs(answer.headers['date'], moment)
      : (advice?.forMs ?? HELD_MS)
  const text = advice === undefined ? '' : `${advice.text}. `
  const message = `no access token: ${text}WeChat answered ${words.errcode}: ${scrub(words.errmsg)}`
  return new HoldFault(`token_${words.errcode}`, message, { scope: 'app', reason: 'token', forMs, words })
}
