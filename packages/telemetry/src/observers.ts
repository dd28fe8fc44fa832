/** One function a business event, which does counter and log line together. They fit the observer ports of the packages. */
import type { AppId, Clock, DropReason, RoadObserver, RoadStage, UpstreamEndpoint } from '@sunpress/core'
import { HoldFault, isFault, knownErrcodes } from '@sunpress/core'
import { boundedLabel } from './bounded-label.js'
import type { LabelsOf } from './catalogue.js'
import type { Logger } from './logger.js'
import type { Metrics } from './metrics.js'

export interface ObserverParts {
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
}

/** Fault codes and words of the transport that get a label of their own. */
const MOST_CODES = 200
const MOST_TRANSPORT_WORDS = 30
const MOST_ROUTES = 100

export function observeRoad({ metrics, logger, clock }: ObserverParts): RoadObserver {
  const log = logger.child({ part: 'road' })
  const codeLabel = boundedLabel(MOST_CODES)
  const isNewHold = createHoldMemory(clock)
  return {
    published(app, outcome) {
      metrics.count('scenes', { app, outcome })
      log.debug({ app, outcome }, 'published')
    },
    refused({ app, campaign, index, reason, errcode, rid }) {
      metrics.count('scenes', { app, outcome: 'refused' })
      log.warn({ app, campaign, index, reason, errcode, rid }, 'refused')
    },
    dropped(app: AppId, why: DropReason) {
      metrics.count('jobsDropped', { app, why })
      log.debug({ app, why }, 'job dropped')
    },
    parked({ app, campaign, index }) {
      metrics.count('scenesParked', { app })
      log.info({ app, campaign, index }, 'parked for a last round')
    },
    overBudget: (app) => metrics.count('retryBudgetExhausted', { app }),
    judged(app, fault, next) {
      const code = isFault(fault) ? fault.code : 'unexpected'
      metrics.count('faults', { app, code: codeLabel(code), next: next as LabelsOf<'faults'>['next'] })
      log[levelOf(app, fault, next, isNewHold)]({ app, next, fault }, `fault: ${code}`)
    },
    late: (seconds) => metrics.observe('lateness', {}, seconds),
    stage(stage: RoadStage, seconds) {
      metrics.observe('stageSeconds', { stage }, seconds)
    },
  }
}

/** What waits is met again and again. */
const QUIET: ReadonlySet<string> = new Set(['put_back', 'drop', 'take_again'])

type Level = 'debug' | 'info' | 'warn' | 'error'

/** What somebody should see once is loud; what comes with every scene of a busy lane is not. */
function levelOf(app: AppId, fault: unknown, next: string, isNewHold: HoldMemory): Level {
  if (!isFault(fault) || next === 'halt') return 'error'
  if (fault instanceof HoldFault) return isNewHold(app, fault) ? 'warn' : 'debug'
  return QUIET.has(next) ? 'debug' : 'info'
}

type HoldMemory = (app: AppId, hold: HoldFault) => boolean

/** Every call in flight meets the same hold: only the first of them is told of. */
function createHoldMemory(clock: Clock): HoldMemory {
  const untilMs = new Map<string, number>()
  return (app, { scope, reason, code, forMs }) => {
    const nowMs = clock.monotonic()
    const name = `${app} ${scope} ${reason} ${code}`
    if ((untilMs.get(name) ?? 0) > nowMs) return false
    untilMs.set(name, nowMs + forMs)
    return true
  }
}

export interface UpstreamObserver {
  /** One call for a code came to an end: 0 for a picture, WeChat's errcode, or a word of the transport. */
  called(app: AppId, endpoint: UpstreamEndpoint, errcode: number | string): void
  /** Codes of the limited endpoints that WeChat has counted in the app's lifetime. */
  numUsed(app: AppId, codes: number): void
}

export function observeUpstream({ metrics, logger }: ObserverParts): UpstreamObserver {
  const log = logger.child({ part: 'upstream' })
  const errcodeLabel = createErrcodeLabel()
  return {
    called(app, endpoint, errcode) {
      metrics.count('upstreamCalls', { app, endpoint, errcode: errcodeLabel(String(errcode)) })
      log.debug({ app, endpoint, errcode }, 'called')
    },
    numUsed: (app, codes) => metrics.set('limitedCodes', { app }, codes),
  }
}

/** Errcodes with a policy have a label of their own, the others share one; words are few, or become few. */
function createErrcodeLabel(): (errcode: string) => string {
  const known = new Set(['0', ...knownErrcodes().map(String)])
  const word = boundedLabel(MOST_TRANSPORT_WORDS)
  return (errcode) => {
    if (/^-?\d+$/.test(errcode)) return known.has(errcode) ? errcode : 'other'
    return word(errcode)
  }
}

export interface TokenObserver {
  /** `why`: the errcode or the fault of a failure. */
  refreshed(app: AppId, outcome: LabelsOf<'tokensRefreshed'>['outcome'], why?: unknown): void
}

/** Calls for tokens spend nothing of a lane's quota: they are counted by themselves. */
export function observeTokens({ metrics, logger }: ObserverParts): TokenObserver {
  const log = logger.child({ part: 'tokens' })
  return {
    refreshed(app, outcome, why) {
      metrics.count('tokensRefreshed', { app, outcome })
      if (outcome === 'refreshed') log.info({ app }, 'access to WeChat renewed')
      else
        log.warn(
          { app, ...(why instanceof Error ? { fault: why } : { errcode: why }) },
          'access to WeChat not renewed',
        )
    },
  }
}

export interface RequestObserver {
  /** `route` is the pattern, never the path. */
  answered(method: string, route: string, status: number): void
}

export function observeRequests({ metrics }: Pick<ObserverParts, 'metrics'>): RequestObserver {
  const routeLabel = boundedLabel(MOST_ROUTES)
  return {
    answered: (method, route, status) =>
      metrics.count('httpRequests', {
        method: method as LabelsOf<'httpRequests'>['method'],
        route: routeLabel(route),
        status: String(status),
      }),
  }
}
