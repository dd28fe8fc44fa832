/**
 * Picture or fault: what WeChat's answer to a code call is. Pure.
 * By its bytes, never by its Content-Type: errors come as HTTP 200, and transparent PNGs are reported as image/jpeg.
 * Doesn't promise that a picture is whole: inspection does.
 */
import {
  type AnyFault,
  HoldFault,
  RefuseFault,
  RenewFault,
  RetryFault,
  rowFor,
  type UpstreamWords,
} from '@sunpress/core'
import type { HttpAnswer } from '@sunpress/http'
import { transportLabel } from './call-observer.js'
import { holdMs } from './hold-ms.js'
import type { Moment } from './next-minute.js'
import { parseJsonObject, type Sent, wordsOf } from './upstream-words.js'

export type Classified =
  | { readonly kind: 'picture'; readonly bytes: Uint8Array; readonly errcode: string }
  /** `errcode` is the label that telemetry counts it under. */
  | { readonly kind: 'fault'; readonly fault: AnyFault; readonly errcode: string }

export type AnswerParts = Pick<HttpAnswer, 'status' | 'headers' | 'bytes'>

const HELD_MS = 60_000
/** Nothing about the scene: a wrong base URL, a proxy that wants a login. */
const MISCONFIGURED = new Set([301, 302, 303, 307, 308, 401, 404, 405, 407])

const JPEG = [0xff, 0xd8, 0xff]
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** `sent` are the secrets of the call and its app: should WeChat echo one, it stays in no word. */
export function classifyAnswer(answer: AnswerParts, moment: Moment, sent: Sent = []): Classified {
  const { status, bytes } = answer
  if (status !== 200) return byStatus(status)
  if (startsWith(bytes, JPEG) || startsWith(bytes, PNG)) return { kind: 'picture', bytes, errcode: '0' }
  if (bytes.length === 0) return again('upstream_empty', 'WeChat answered with an empty body')
  const json = parseJsonObject(bytes)
  const words = json === null ? null : wordsOf(json, sent)
  if (words === null)
    return again('upstream_not_a_picture', 'WeChat answered with neither picture nor errcode')
  if (words.errcode === 0) return again('upstream_no_picture', 'WeChat answered ok without a picture', words)
  return { kind: 'fault', fault: faultOf(words, answer, moment), errcode: String(words.errcode) }
}

function faultOf(words: UpstreamWords, answer: AnswerParts, moment: Moment): AnyFault {
  const code = `upstream_${words.errcode}`
  const message = `WeChat answered ${words.errcode}: ${words.errmsg}`
  const { action, advice } = rowFor(words.errcode, 'code')
  switch (action.act) {
    case 'renew':
      return new RenewFault(code, `${advice}. ${message}`, words)
    case 'retry':
      return new RetryFault(code, message, words, { attempts: action.attempts })
    case 'leave':
      return new RetryFault(code, message, words)
    case 'refuse':
      return new RefuseFault(action.reason, message, words)
    case 'hold': {
      const { scope, reason, lasts } = action
      const forMs = holdMs(lasts, answer.headers['date'], moment)
      return new HoldFault(code, `${advice}. ${message}`, { scope, reason, forMs, words })
    }
    default:
      return action satisfies never
  }
}

function byStatus(status: number): Classified {
  const code = `upstream_http_${status}`
  const message = `WeChat's host answered HTTP ${status}`
  if (!MISCONFIGURED.has(status)) return again(code, message)
  const hold = { scope: 'app', reason: 'app_held', forMs: HELD_MS } as const
  return { kind: 'fault', fault: new HoldFault(code, message, hold), errcode: transportLabel(code) }
}

function again(code: string, message: string, words: UpstreamWords | null = null): Classified {
  return { kind: 'fault', fault: new RetryFault(code, message, words), errcode: transportLabel(code) }
}

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, at) => bytes[at] === byte)
