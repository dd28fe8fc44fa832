/** What the answer of a token endpoint means: a token, or why there is none. Pure. */
import { HoldFault, rowFor, type Secret, type UpstreamWords, WaitFault } from '@sunpress/core'
import type { AnswerParts } from './classify-answer.js'
import { holdMs } from './hold-ms.js'
import type { Moment } from './next-minute.js'
import { CREDENTIAL_DIFFERS } from './token-failure.js'
import { readToken } from './token-shape.js'
import { parseJsonObject, type Sent, scrub, wordsOf } from './upstream-words.js'

export type TokenAnswer = FetchedToken | NoToken

export interface FetchedToken {
  readonly kind: 'token'
  readonly value: Secret
  readonly lifetimeMs: number
  /** Fetched again by then at the latest: where the lifetime is a guess. */
  readonly renewAfterMs?: number
  /** The label that telemetry counts it under: "0". */
  readonly errcode: string
}

export interface NoToken {
  readonly kind: 'fault'
  readonly fault: WaitFault | HoldFault
  readonly errcode: string
}

const UNAVAILABLE_MS = { least: 2_000, spread: 3_000 }
const HELD_MS = 60_000
/** These are about the address that asked: another host may be let in. */
const ADDRESS_ERRCODES = new Set([40164, 45035, 61004, 89501, 89502, 89503, 89504, 89505, 89506, 89507])
const BUSY = -1

export const isOfAddress = (fault: WaitFault | HoldFault): boolean =>
  fault.kind === 'hold' && fault.words !== null && ADDRESS_ERRCODES.has(fault.words.errcode)

/** These are about the appid and AppSecret that asked: a process that has others may get a token. */
const CREDENTIAL_ERRCODES = new Set([40001, 40013, 40125])

export const isOfCredential = (fault: WaitFault | HoldFault): boolean =>
  fault.code === CREDENTIAL_DIFFERS ||
  (fault.kind === 'hold' && fault.words !== null && CREDENTIAL_ERRCODES.has(fault.words.errcode))

/** `sent`: every secret of the call. Should WeChat echo one, it stays in no word. */
export function classifyTokenAnswer(answer: AnswerParts, sent: Sent, moment: Moment): TokenAnswer {
  if (answer.status !== 200) {
    return unavailable(`http_${answer.status}`, `WeChat's host answered HTTP ${answer.status}`, moment)
  }
  const json = parseJsonObject(answer.bytes)
  const [value, seconds] = [readToken(json?.['access_token']), json?.['expires_in']]
  if (value !== null && typeof seconds === 'number' && seconds > 0) {
    return { kind: 'token', value, lifetimeMs: seconds * 1_000, errcode: '0' }
  }
  return (
    classifyTokenRefusal(json, answer, sent, moment) ??
    unavailable('not_a_token', 'WeChat answered with neither token nor errcode', moment)
  )
}

/** null when WeChat's errcode isn't there, or is 0. */
export function classifyTokenRefusal(
  json: Record<string, unknown> | null,
  { headers }: Pick<AnswerParts, 'headers'>,
  sent: Sent,
  moment: Moment,
): NoToken | null {
  const words = json === null ? null : wordsOf(json, sent)
  if (words === null || words.errcode === 0) return null
  if (words.errcode === BUSY) return unavailable('-1', `WeChat answered -1: ${words.errmsg}`, moment)
  return { kind: 'fault', fault: heldBy(words, headers['date'], moment), errcode: String(words.errcode) }
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

/** No scene can be printed until somebody has looked. `code` and message hold no secret. */
export const tokenHeld = (code: string, why: string, forMs: number, cause?: unknown): HoldFault =>
  new HoldFault(
    code,
    `no access token: ${why}`,
    { scope: 'app', reason: 'token', forMs },
    cause === undefined ? {} : { cause },
  )

const unavailable = (errcode: string, why: string, moment: Moment): NoToken => ({
  kind: 'fault',
  fault: tokenUnavailable(why, moment),
  errcode,
})

/** Codes that nobody knows here hold, too: no scene is to blame. */
function heldBy(words: UpstreamWords, date: unknown, moment: Moment): HoldFault {
  const { action, advice } = rowFor(words.errcode, 'token')
  const told = words.errmsg === '' ? words.errcode : `${words.errcode}: ${scrub(words.errmsg)}`
  const message = `no access token: ${advice}. WeChat answered ${told}`
  const forMs = action.act === 'hold' ? holdMs(action.lasts, date, moment) : HELD_MS
  return new HoldFault(`token_${words.errcode}`, message, { scope: 'app', reason: 'token', forMs, words })
}
