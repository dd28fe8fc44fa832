/**
 * What WeChat says of an app's quota, and its clearing. Each call counts at WeChat: quota/get has a daily limit of its own
 * (44993), and a quota can be cleared ten times a month (48006). Nothing here is called by itself, and nothing asks twice.
 */
import type { AccessToken, AppId, Clock, Secret, UpstreamEndpoint } from '@sunpress/core'
import type { HttpClient, HttpRequest } from '@sunpress/http'
import type { CallObserver, QuotaEndpoint } from './call-observer.js'
import { callWechat } from './call-wechat.js'
import { judgeQuotaAnswer, type QuotaLeft, type QuotaReading, readQuotaReading } from './quota-answer.js'
import { momentOf } from './token-fetch.js'
import { clearQuotaBySecretRequest, clearQuotaRequest, quotaRequest } from './token-url.js'

export interface QuotaApiTerms {
  readonly http: HttpClient
  readonly clock: Pick<Clock, 'now'>
  /** From 0 up to 1. */
  readonly random: () => number
  readonly observer: CallObserver
}

export type QuotaAnswer = { readonly kind: 'quota'; readonly quota: QuotaReading } | QuotaLeft
export type ClearAnswer = { readonly kind: 'cleared' } | QuotaLeft

/** A question about a quota needs no patience: it can be put later. */
const TOTAL_MS = 10_000
/** The AppSecret or appid wasn't where WeChat looks for it: nothing was cleared. */
const MISSING = new Set(['41002', '41004'])

interface Question {
  readonly app: AppId
  readonly endpoint: QuotaEndpoint
  readonly sent: Secret
}

/**
 * Throws RenewFault for a stale token, HoldFault for what holds the app, RetryFault and WaitFault for what passes;
 * `left` when WeChat won't tell today (44993), or not for this path or token (76021, 76022).
 */
export async function readQuota(
  terms: QuotaApiTerms,
  app: AppId,
  token: AccessToken,
  endpoint: UpstreamEndpoint,
  signal: AbortSignal,
): Promise<QuotaAnswer> {
  const question = { app, endpoint: 'quota_get', sent: token.value } as const
  const read = (json: Record<string, unknown>): QuotaAnswer | null => {
    const quota = readQuotaReading(json)
    return quota === null ? null : { kind: 'quota', quota }
  }
  const judged = await ask(terms, question, { ...quotaRequest(endpoint, token), signal }, read)
  if (judged.kind === 'fault') throw judged.fault
  return judged.answer
}

/** Clears every quota of the app. `left` when that was done ten times in this month. Throws as `readQuota`. */
export async function clearQuota(
  terms: QuotaApiTerms,
  app: AppId,
  token: AccessToken,
  signal: AbortSignal,
): Promise<ClearAnswer> {
  const question = { app, endpoint: 'clear_quota', sent: token.value } as const
  const judged = await ask(terms, question, { ...clearQuotaRequest(app, token), signal }, cleared)
  if (judged.kind === 'fault') throw judged.fault
  return judged.answer
}

/** The same with the AppSecret: works when the quota of token calls is what is used up. */
export async function clearQuotaBySecret(
  terms: QuotaApiTerms,
  app: AppId,
  appSecret: Secret,
  signal: AbortSignal,
): Promise<ClearAnswer> {
  const question = { app, endpoint: 'clear_quota_v2', sent: appSecret } as const
  const requestOf = (where: 'body' | 'query') => ({
    ...clearQuotaBySecretRequest(app, appSecret, where),
    signal,
  })
  const first = await ask(terms, question, requestOf('body'), cleared)
  // WeChat's documentation says body in one place and query in another; what was not found has cleared nothing.
  const judged = MISSING.has(first.errcode) ? await ask(terms, question, requestOf('query'), cleared) : first
  if (judged.kind === 'fault') throw judged.fault
  return judged.answer
}

const cleared = (): ClearAnswer => ({ kind: 'cleared' })

async function ask<T>(
  terms: QuotaApiTerms,
  question: Question,
  request: HttpRequest,
  read: (json: Record<string, unknown>) => T | null,
) {
  const { http, observer } = terms
  const answer = await callWechat(http, observer, question, { ...request, totalMs: TOTAL_MS })
  const judged = judgeQuotaAnswer(answer, momentOf(terms), question.sent, read)
  observer.called(question.app, question.endpoint, judged.errcode)
  return judged
}
