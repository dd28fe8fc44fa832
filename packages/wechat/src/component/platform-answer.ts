/** What the answer of one of a platform's calls means: WeChat's JSON, or why there is none. Pure. */
import { HoldFault, type Secret, type UpstreamWords, type WaitFault } from '@sunpress/core'
import type { AnswerParts } from '../classify-answer.js'
import type { Moment } from '../next-minute.js'
import { classifyTokenRefusal, tokenUnavailable } from '../token-answer.js'
import { parseJsonObject, wordsOf } from '../upstream-words.js'

export type PlatformAnswer =
  | { readonly kind: 'json'; readonly json: Readonly<Record<string, unknown>> }
  /** `errcode`: WeChat's number, or a word of what came instead. */
  | { readonly kind: 'fault'; readonly fault: WaitFault | HoldFault; readonly errcode: string }

const HELD_MS = 60_000
const TEN_MINUTES_MS = 600_000
const ANEW = { text: 'the merchant has to authorise the platform anew', forMs: TEN_MINUTES_MS }

/** What only platforms are told, or are told of other things than apps; all else means what it means to an app. */
const ADVICE: ReadonlyMap<number, { readonly text: string; readonly forMs: number }> = new Map([
  [40001, { text: "the platform's token or AppSecret is wrong", forMs: HELD_MS }],
  [40013, { text: "the platform's appid is wrong", forMs: HELD_MS }],
  [40125, { text: "the platform's AppSecret is wrong", forMs: HELD_MS }],
  [42002, ANEW],
  [42007, ANEW],
  [48001, { text: 'the platform has no permission for this call', forMs: HELD_MS }],
  [61003, { text: 'the merchant has not authorised the platform', forMs: TEN_MINUTES_MS }],
  [61005, { text: "the platform's ticket has expired", forMs: HELD_MS }],
  [61006, { text: "the platform's ticket is not valid", forMs: HELD_MS }],
  [61007, { text: 'the merchant has to grant the permission set for codes (17)', forMs: TEN_MINUTES_MS }],
  [61009, { text: 'the authorisation code is not valid', forMs: HELD_MS }],
  [61010, { text: 'the authorisation code has expired', forMs: HELD_MS }],
  [61011, { text: "the platform's appid is wrong", forMs: HELD_MS }],
  [61023, ANEW],
])

export function classifyPlatformAnswer(
  answer: AnswerParts,
  secrets: readonly Secret[],
  moment: Moment,
): PlatformAnswer {
  if (answer.status !== 200) {
    return unavailable(`http_${answer.status}`, `WeChat's host answered HTTP ${answer.status}`, moment)
  }
  const json = parseJsonObject(answer.bytes)
  if (json === null) return unavailable('not_json', 'WeChat answered with no JSON', moment)
  const told = withoutMarked(json)
  const words = wordsOf(told, secrets)
  const fault = words === null ? null : heldBy(words)
  if (words !== null && fault !== null) return { kind: 'fault', fault, errcode: String(words.errcode) }
  return classifyTokenRefusal(told, answer, secrets, moment) ?? { kind: 'json', json }
}

/** WeChat spoke JSON, but not what was asked for. */
export const notAsAsked = (what: string, moment: Moment): PlatformAnswer & { readonly kind: 'fault' } =>
  unavailable('not_as_asked', `WeChat answered with neither ${what} nor errcode`, moment)

const unavailable = (errcode: string, why: string, moment: Moment) => ({
  kind: 'fault' as const,
  fault: tokenUnavailable(why, moment),
  errcode,
})

function heldBy(words: UpstreamWords): HoldFault | null {
  const advice = ADVICE.get(words.errcode)
  if (advice === undefined) return null
  const message = `no access token: ${advice.text}. WeChat answered ${words.errcode}: ${words.errmsg}`
  const { forMs } = advice
  return new HoldFault(`token_${words.errcode}`, message, { scope: 'app', reason: 'token', forMs, words })
}

/** Tickets, codes and refresh tokens begin so: `refreshtoken@@@…`. */
const MARKED_SECRET = /[a-z]+@@@[^\s"']+/gi

function withoutMarked(json: Record<string, unknown>): Record<string, unknown> {
  const told = json['errmsg']
  if (typeof told !== 'string') return json
  return { ...json, errmsg: told.replace(MARKED_SECRET, '[secret]') }
}
