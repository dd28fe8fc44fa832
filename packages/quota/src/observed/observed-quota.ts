/**
 * What WeChat says of an app's quotas (openapi/quota/get), known to all processes.
 * Promises: nothing stops a call once this process knows something: while WeChat, Redis or the ledger can't be asked, what was known
 * last stands. How sparingly it asks: ask-quota.ts. Not promised: exact numbers; WeChat's own are right to 1 %.
 */
import type { AppId, Clock, Lane, Records, UpstreamEndpoint } from '@sunpress/core'
import type { Redis } from '@sunpress/redis'
import { createQuotaQuestions, type QuotaQuestionTerms, readWhole } from './ask-quota.js'
import { createObservedLedger } from './observed-ledger.js'
import { createObservedMemory } from './observed-memory.js'
import { createObservedScripts } from './observed-scripts.js'
import {
  ENDPOINTS,
  ENDPOINTS_OF,
  limitsFrom,
  type ObservedEndpoint,
  type ObservedLimits,
  othersFrom,
  type QuotaTold,
} from './quota-told.js'

export interface ObservedQuotaOptions {
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  /** The ledger. */
  readonly records: Records
  /** One question to WeChat, with the app's token. */
  readonly readQuota: QuotaQuestionTerms['readQuota']
  /** Our own calls of today with the lane of an endpoint; by default not known, and so is what others use. */
  readonly oursOf?: QuotaQuestionTerms['oursOf']
  readonly observer?: ObservedQuotaObserver
}

export interface ObservedQuotaObserver {
  told?(app: AppId, endpoint: UpstreamEndpoint, told: QuotaTold): void
  /** WeChat, Redis or the ledger could not be asked; it is tried again. */
  failed?(app: AppId, endpoint: UpstreamEndpoint, fault: unknown): void
}

export interface ObservedQuota {
  /** From memory, at most some seconds behind Redis; nulls before anything was told. */
  limitsOf(app: AppId, lane: Lane): ObservedLimits
  told(app: AppId, endpoint: UpstreamEndpoint): ObservedEndpoint | null
  /**
   * Resolves when it is known what WeChat told last, if anything: so long no call is made. Throws WaitFault when Redis or the ledger
   * can't be asked.
   */
  known(app: AppId): Promise<void>
  /** Calls of today that somebody else had made when WeChat told last, at least; null when it has told nothing today. */
  othersUse(app: AppId, endpoint: UpstreamEndpoint): number | null
  /** A day may be used up, or a quota was cleared: WeChat is asked within minutes. Never throws. */
  suspect(app: AppId, lane: Lane): Promise<void>
  /** Asks what is due of an app, once. Never throws. */
  turn(app: AppId, signal: AbortSignal): Promise<void>
  /** Turns for all apps until aborted. Never throws. */
  run(apps: () => readonly AppId[], signal: AbortSignal): Promise<void>
}

const TURN_MS = 5_000

export function createObservedQuota(options: ObservedQuotaOptions): ObservedQuota {
  const { clock, observer = {} } = options
  const scripts = createObservedScripts(options.redis, options.namespace)
  const ledger = createObservedLedger(options.records)
  const memory = createObservedMemory((app) => readWhole({ scripts, ledger }, app), clock)
  const failed: QuotaQuestionTerms['failed'] = (...args) => observer.failed?.(...args)
  const questions = createQuotaQuestions({
    ...{
      scripts,
      ledger,
      clock,
      failed,
      readQuota: options.readQuota,
      oursOf: options.oursOf ?? (async () => null),
    },
    told: (...args) => observer.told?.(...args),
  })

  const turn = async (app: AppId, signal: AbortSignal): Promise<void> => {
    for (const endpoint of ENDPOINTS) {
      if (signal.aborted) return
      try {
        if (await questions.askDue(app, endpoint, signal)) await memory.refresh(app)
      } catch (fault) {
        failed(app, endpoint, fault)
      }
    }
  }

  return {
    limitsOf(app, lane) {
      const told = ENDPOINTS_OF[lane].flatMap((endpoint) => memory.told(app, endpoint) ?? [])
      return limitsFrom(told, clock.now())
    },
    told: memory.told,
    known: memory.known,
    othersUse: (app, endpoint) => othersFrom(memory.told(app, endpoint), clock.now()),
    async suspect(app, lane) {
      for (const endpoint of ENDPOINTS_OF[lane])
        await questions.soon(app, endpoint).catch((fault) => failed(app, endpoint, fault))
    },
    turn,
    async run(apps, signal) {
      while (!signal.aborted) {
        for (const app of apps()) await turn(app, signal)
        if (!signal.aborted) await clock.sleep(TURN_MS, signal).catch(() => {})
      }
    },
  }
}
