/** What the answers of openapi/quota/get and clear_quota mean. Pure. */
import {
  type AnyFault,
  HoldFault,
  RenewFault,
  RetryFault,
  rowFor,
  type Secret,
  type UpstreamWords,
  WaitFault,
} from '@sunpress/core'
import type { AnswerParts } from './classify-answer.js'
import { holdMs } from './hold-ms.js'
import type { Moment } from './next-minute.js'
import { tokenUnavailable } from './token-answer.js'
import { parseJsonObject, wordsOf } from './upstream-words.js'

/** WeChat's own count is right to 1 %; null where it tells nothing. */
export interface QuotaReading {
  readonly daily: { readonly limit: number; readonly used: number; readonly remain: number } | null
  readonly rate: RateLimit | null
  /** Of the platform that asks in the app's name. */
  readonly platformRate: RateLimit | null
}

export interface RateLimit {
  readonly calls: number
  readonly perSeconds: number
}

/** WeChat won't tell or clear: printing goes on, and this question isn't put again before that. */
export interface QuotaLeft {
  readonly kind: 'left'
  readonly until: 'next_time' | 'next_day' | 'next_month'
  readonly words: UpstreamWords
}

export type Judged<T> = { readonly errcode: string } & (
  | { readonly kind: 'answer'; readonly answer: T | QuotaLeft }
  | { readonly kind: 'fault'; readonly fault: AnyFault }
)

/** `sent`: should WeChat echo the token or AppSecret of the call, it stays in no word. */
export function judgeQuotaAnswer<T>(
  answer: AnswerParts,
  moment: Moment,
  sent: Secret,
  read: (json: Record<string, unknown>) => T | null,
): Judged<T> {
  if (answer.status !== 200) return away(`http_${answer.status}`, moment)
  const json = parseJsonObject(answer.bytes)
  const words = json === null ? null : wordsOf(json, sent)
  if (json === null || words === null) return away('not_json', moment)
  const errcode = String(words.errcode)
  if (words.errcode !== 0) return { ...judgeWords(words, answer, moment), errcode }
  const told = read(json)
  return told === null ? away('not_a_quota', moment) : { kind: 'answer', answer: told, errcode }
}

function judgeWords(words: UpstreamWords, { headers }: AnswerParts, moment: Moment) {
  const { action, advice } = rowFor(words.errcode, 'quota')
  const code = `quota_${words.errcode}`
  const message = `${advice}. WeChat answered ${words.errcode}: ${words.errmsg}`
  switch (action.act) {
    case 'leave':
      return { kind: 'answer', answer: { kind: 'left', until: action.until, words } } as const
    case 'renew':
      return { kind: 'fault', fault: new RenewFault(code, message, words) } as const
    case 'hold': {
      const forMs = holdMs(action.lasts, headers['date'], moment)
      const { scope, reason } = action
      return { kind: 'fault', fault: new HoldFault(code, message, { scope, reason, forMs, words }) } as const
    }
    default:
      return { kind: 'fault', fault: new RetryFault(code, message, words) } as const
  }
}

function away(errcode: string, moment: Moment) {
  const { afterMs } = tokenUnavailable(errcode, moment)
  const fault = new WaitFault('quota_unavailable', `WeChat told nothing of its quota: ${errcode}`, afterMs)
  return { kind: 'fault', fault, errcode } as const
}

export function readQuotaReading(json: Record<string, unknown>): QuotaReading | null {
  const daily = numbersOf(json['quota'], ['daily_limit', 'used', 'remain'])
  const rate = rateOf(json['rate_limit'])
  const platformRate = rateOf(json['component_rate_limit'])
  if (daily === null && rate === null && platformRate === null) return null
  const [limit = 0, used = 0, remain = 0] = daily ?? []
  return { daily: daily === null ? null : { limit, used, remain }, rate, platformRate }
}

function rateOf(value: unknown): RateLimit | null {
  const [calls = 0, perSeconds = 0] = numbersOf(value, ['call_count', 'refresh_second']) ?? []
  return calls > 0 && perSeconds > 0 ? { calls, perSeconds } : null
}

/** null unless all are there as numbers of 0 or more. */
function numbersOf(value: unknown, names: readonly string[]): number[] | null {
  if (typeof value !== 'object' || value === null) return null
  const numbers = names.map((name) => (value as Record<string, unknown>)[name])
  const isNumber = (number: unknown): number is number => typeof number === 'number' && number >= 0
  return numbers.every(isNumber) ? numbers : null
}
