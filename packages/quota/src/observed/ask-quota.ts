/**
 * When WeChat is asked for a quota: sparingly, and by one process of the fleet.
 * Promises: at most MOST_A_DAY_SOON questions a day and app; none after 44993 until the next day in Shanghai, over a loss of Redis too.
 */
import { type AppId, type Clock, isFault, type UpstreamEndpoint, untilDayTurnsMs } from '@sunpress/core'
import type { ObservedLedger } from './observed-ledger.js'
import type { ClaimReply, ObservedScripts, SettledRead } from './observed-scripts.js'
import type { QuotaTold } from './quota-told.js'

export type ReadQuotaAnswer =
  | { readonly kind: 'quota'; readonly quota: QuotaTold }
  /** WeChat won't tell: of this endpoint, or (44993) of any until then. */
  | { readonly kind: 'left'; readonly until: 'next_time' | 'next_day' | 'next_month' }

export interface QuotaQuestionTerms {
  readonly scripts: ObservedScripts
  readonly ledger: ObservedLedger
  readonly clock: Clock
  readonly readQuota: (
    app: AppId,
    endpoint: UpstreamEndpoint,
    signal: AbortSignal,
  ) => Promise<ReadQuotaAnswer>
  /** Our own calls of today with the lane of an endpoint. */
  readonly oursOf: (app: AppId, endpoint: UpstreamEndpoint) => Promise<number | null>
  readonly told: (app: AppId, endpoint: UpstreamEndpoint, told: QuotaTold) => void
  readonly failed: (app: AppId, endpoint: UpstreamEndpoint, fault: unknown) => void
}

export interface QuotaQuestions {
  /** True when WeChat was asked. */
  askDue(app: AppId, endpoint: UpstreamEndpoint, signal: AbortSignal): Promise<boolean>
  soon(app: AppId, endpoint: UpstreamEndpoint): Promise<void>
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** 48 + 4 + 4 questions a day: quota/get has a daily limit of its own, which nobody has published. */
const EVERY_MS: Readonly<Record<UpstreamEndpoint, number>> = {
  getwxacodeunlimit: 30 * MINUTE_MS,
  getwxacode: 6 * HOUR_MS,
  createwxaqrcode: 6 * HOUR_MS,
}
const MOST_A_DAY = 56
/** The last ones of a day are kept for suspicions. */
const MOST_A_DAY_SOON = 62
const CLAIM_MS = MINUTE_MS
const FAILED_AGAIN_MS = 10 * MINUTE_MS
/** WeChat doesn't know the endpoint by that name, or not for this token. */
const NOT_TOLD_AGAIN_MS = 24 * HOUR_MS
/** A suspicion so soon after WeChat told is about what it had not counted yet. */
const APART_MS = 2 * MINUTE_MS
/** Another process's suspicion is noticed within it. */
const LOOK_AGAIN_MS = MINUTE_MS
const QUESTIONS_USED_UP = 44993

export function createQuotaQuestions(terms: QuotaQuestionTerms): QuotaQuestions {
  const { scripts, ledger, clock } = terms
  const quietUntilMs = new Map<string, number>()
  const quiet = (app: AppId, endpoint: UpstreamEndpoint, forMs: number) =>
    quietUntilMs.set(`${app}/${endpoint}`, clock.monotonic() + Math.min(forMs, LOOK_AGAIN_MS))
  return {
    async askDue(app, endpoint, signal) {
      if (clock.monotonic() < (quietUntilMs.get(`${app}/${endpoint}`) ?? 0)) return false
      const claim = await claimLoaded(terms, app, endpoint)
      if (claim.kind === 'wait') quiet(app, endpoint, claim.waitMs)
      if (claim.kind !== 'claimed') return false
      await scripts.settle(app, endpoint, await ask(terms, app, endpoint, signal))
      await ledger.record(app, await readWhole(terms, app))
      return true
    },
    async soon(app, endpoint) {
      quiet(app, endpoint, await scripts.want(app, endpoint, APART_MS))
    },
  }
}

/** All that is known of an app's quotas, also when Redis has lost it, or came back older. */
export async function readWhole(
  { scripts, ledger }: Pick<QuotaQuestionTerms, 'scripts' | 'ledger'>,
  app: AppId,
): Promise<Readonly<Record<string, string>>> {
  const { loaded, fields } = await scripts.read(app)
  if (loaded) return fields
  await scripts.load(app, await ledger.read(app))
  return (await scripts.read(app)).fields
}

async function claimLoaded(
  { scripts, ledger }: QuotaQuestionTerms,
  app: AppId,
  endpoint: UpstreamEndpoint,
): Promise<ClaimReply> {
  const most = { claimMs: CLAIM_MS, most: MOST_A_DAY, mostSoon: MOST_A_DAY_SOON }
  const claim = await scripts.claim(app, endpoint, most)
  if (claim.kind !== 'missing') return claim
  await scripts.load(app, await ledger.read(app))
  return await scripts.claim(app, endpoint, most)
}

async function ask(
  { clock, readQuota, oursOf, told, failed }: QuotaQuestionTerms,
  app: AppId,
  endpoint: UpstreamEndpoint,
  signal: AbortSignal,
): Promise<SettledRead> {
  try {
    const answer = await readQuota(app, endpoint, signal)
    if (answer.kind !== 'quota') return afterRefusal(answer, clock.now())
    told(app, endpoint, answer.quota)
    const ours = await oursOf(app, endpoint).catch(() => null)
    const { daily, rate } = answer.quota
    return { told: { daily, rate, ours }, nextMs: EVERY_MS[endpoint], restMs: 0, asked: true }
  } catch (fault) {
    if (signal.aborted) return { told: null, nextMs: 0, restMs: 0, asked: true }
    failed(app, endpoint, fault)
    const restMs = errcodeOf(fault) === QUESTIONS_USED_UP ? untilDayTurnsMs(clock.now()) : 0
    return { told: null, nextMs: FAILED_AGAIN_MS, restMs, asked: wasAsked(fault) }
  }
}

function afterRefusal({ until }: Extract<ReadQuotaAnswer, { kind: 'left' }>, nowMs: number): SettledRead {
  if (until === 'next_time') return { told: null, nextMs: NOT_TOLD_AGAIN_MS, restMs: 0, asked: true }
  const restMs = untilDayTurnsMs(nowMs)
  return { told: null, nextMs: restMs, restMs, asked: true }
}

/** No token, no connection, an app held: then the question never came to WeChat. An answer that could not be read was one. */
const wasAsked = (fault: unknown): boolean =>
  !isFault(fault) ||
  fault.code === 'quota_unavailable' ||
  fault.kind === 'retry' ||
  errcodeOf(fault) !== undefined

const errcodeOf = (fault: unknown): number | undefined =>
  isFault(fault) && 'words' in fault ? fault.words?.errcode : undefined
