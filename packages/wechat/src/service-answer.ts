/**
 * What the answer of a company's token service means. Pure; shows neither its token nor its URL, and of what it says in words
 * nothing at all: nobody knows what such a service repeats. WeChat's errcode is passed on, and the addresses that WeChat names.
 */
import { isIP } from 'node:net'
import type { ExternalCredential, HoldFault, WaitFault } from '@sunpress/core'
import type { AnswerParts } from './classify-answer.js'
import type { Moment } from './next-minute.js'
import { classifyTokenRefusal, type TokenAnswer, tokenHeld, tokenUnavailable } from './token-answer.js'
import { readToken } from './token-shape.js'
import { parseJsonObject, type Sent } from './upstream-words.js'

const HELD_MS = 60_000
/** As long as WeChat lets a token live: used until then when the service doesn't tell and WeChat doesn't refuse it. */
const GUESSED_LIFETIME_MS = 2 * 3_600_000
const ASKED_AGAIN_MS = 5 * 60_000
/** Nothing that passes by itself: a wrong key, a wrong URL. */
const MISCONFIGURED = (status: number) => status >= 300 && status < 500 && status !== 408 && status !== 429

export function classifyServiceAnswer(
  { tokenPath, expiresPath }: Pick<ExternalCredential, 'tokenPath' | 'expiresPath'>,
  answer: AnswerParts,
  sent: Sent,
  moment: Moment,
): TokenAnswer {
  const { status } = answer
  if (MISCONFIGURED(status)) return held(`http_${status}`, `the token service answered HTTP ${status}`)
  if (status !== 200) {
    const why = `the token service answered HTTP ${status}`
    return { kind: 'fault', fault: tokenUnavailable(why, moment), errcode: `http_${status}` }
  }
  const json = parseJsonObject(answer.bytes)
  const value = readToken(valueAt(json, tokenPath))
  if (value === null) {
    const unread = held('not_a_token', `the token service's answer has no token at ${tokenPath}`)
    return classifyTokenRefusal(addressesOnly(json), answer, sent, moment) ?? unread
  }
  const token = { kind: 'token', value, errcode: '0' } as const
  if (expiresPath === null) {
    return { ...token, lifetimeMs: GUESSED_LIFETIME_MS, renewAfterMs: ASKED_AGAIN_MS }
  }
  const seconds = secondsAt(json, expiresPath)
  if (seconds !== null) return { ...token, lifetimeMs: seconds * 1_000 }
  return held('not_a_token', `the token service's answer has no seconds above 0 at ${expiresPath}`)
}

/** The service wants another key than ours. */
export const isServiceRefusal = ({ code }: WaitFault | HoldFault): boolean =>
  code === 'token_service_http_401' || code === 'token_service_http_403'

/** Of the words that come with an errcode, only the addresses. */
function addressesOnly(json: Record<string, unknown> | null): Record<string, unknown> | null {
  if (json === null) return null
  const told = typeof json['errmsg'] === 'string' ? json['errmsg'] : ''
  const addresses = told.split(/[\s,;]+/).filter((word) => isIP(word) !== 0)
  return { errcode: json['errcode'], errmsg: [...new Set(addresses)].join(' ') }
}

/** Own fields only, so that no path leads into what every object has. */
export function valueAt(json: unknown, path: string): unknown {
  let value = json
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function secondsAt(json: unknown, path: string): number | null {
  const value = valueAt(json, path)
  const seconds = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : null
}

const held = (errcode: string, why: string): TokenAnswer => ({
  kind: 'fault',
  fault: tokenHeld(`token_service_${errcode}`, why, HELD_MS),
  errcode,
})
