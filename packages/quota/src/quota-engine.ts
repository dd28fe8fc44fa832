/**
 * All that bounds an app's calls, put together: permits behind their gate, the counts of a lifetime, and what WeChat itself says of
 * the quotas. Where the apps file and WeChat differ, the lower number holds.
 */
import {
  type App,
  type AppId,
  type Clock,
  HaltFault,
  type Lane,
  laneOfUpstream,
  perDayOf,
  perMinuteOf,
  type Quotas,
  type Records,
} from '@sunpress/core'
import type { Redis } from '@sunpress/redis'
import { type CallGateObserver, createCallGate } from './gate/create-call-gate.js'
import { createLifetime, type Lifetime, type LifetimeObserver } from './lifetime/lifetime.js'
import {
  createObservedQuota,
  type ObservedQuota,
  type ObservedQuotaObserver,
  type ObservedQuotaOptions,
} from './observed/observed-quota.js'
import { lowerOf, type ObservedLimits } from './observed/quota-told.js'
import { createPermits, type PermitsObserver, type QuotaPermits } from './permits.js'

export interface QuotaEngineOptions {
  /** A command connection: it must fail fast while Redis is away. */
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  /** The ledger. */
  readonly records: Records
  readonly find: (app: AppId) => App | undefined
  readonly readQuota: ObservedQuotaOptions['readQuota']
  /** Slots in one lease at most. */
  readonly leaseMost?: number
  readonly permitsObserver?: PermitsObserver
  readonly gateObserver?: CallGateObserver & LifetimeObserver
  readonly observedObserver?: ObservedQuotaObserver
}

export interface QuotaEngine {
  readonly permits: QuotaPermits
  readonly lifetime: Lifetime
  readonly observed: ObservedQuota
  /** Calls in 60 s that a lane may make now; throws HaltFault for an app that isn't configured. */
  limitOf(app: AppId, lane: Lane): number
  /** Calls in a day in Shanghai; null: no limit is known. Throws as limitOf does. */
  dayLimitOf(app: AppId, lane: Lane): number | null
}

export function createQuotaEngine(options: QuotaEngineOptions): QuotaEngine {
  const { redis, namespace, clock, records, find, readQuota } = options
  const shared = { redis, namespace, clock, records }
  const quotasOf = (appid: AppId): Quotas => {
    const app = find(appid)
    if (app === undefined) throw new HaltFault('app_unknown', `${appid} is not configured here`)
    return app.quotas
  }
  const observed = createObservedQuota({
    ...shared,
    readQuota,
    oursOf: async (app, endpoint) => (await permits.usage(app, laneOfUpstream(endpoint))).usedToday,
    ...(options.observedObserver === undefined ? {} : { observer: options.observedObserver }),
  })
  const observer = options.gateObserver === undefined ? {} : { observer: options.gateObserver }
  const lifetime = createLifetime({
    ...shared,
    limitOf: (app) => ({ codes: quotasOf(app).limitedLifetime, share: quotasOf(app).share }),
    ...observer,
  })
  const limitOf = (app: AppId, lane: Lane): number =>
    perMinuteOf(lowered(quotasOf(app), lane, observed.limitsOf(app, lane)), lane)
  const dayLimitOf = (app: AppId, lane: Lane): number | null => {
    const told = observed.limitsOf(app, lane)
    const quotas = quotasOf(app)
    if (lane === 'unlimited') return told.perDay === null ? null : shareOf(told.perDay, quotas)
    return perDayOf(lowered(quotas, lane, told), lane)
  }
  const permits = createPermits({
    ...shared,
    gate: createCallGate({ ...shared, counted: lifetime.counted, ...observer }),
    limitOf,
    dayLimitOf,
    limitsKnown: observed.known,
    remainOf: (app, lane) => observed.limitsOf(app, lane).remain,
    ...(options.leaseMost === undefined ? {} : { leaseMost: options.leaseMost }),
    observer: {
      ...options.permitsObserver,
      rejected(app, lane, verdict) {
        options.permitsObserver?.rejected?.(app, lane, verdict)
        // It may be the day that is over, or a limit that WeChat has lowered: asking tells.
        if (verdict.kind !== 'late') void observed.suspect(app, lane)
      },
    },
  })
  return { permits, lifetime, observed, limitOf, dayLimitOf }
}

/** The quotas of the apps file with WeChat's own numbers where they are lower. Pure. */
export function lowered(quotas: Quotas, lane: Lane, { perMinute, perDay }: ObservedLimits): Quotas {
  if (lane === 'unlimited') return { ...quotas, perMinute: lowerOf(quotas.perMinute, perMinute) }
  return {
    ...quotas,
    limitedPerMinute: lowerOf(quotas.limitedPerMinute, perMinute),
    limitedPerDay: lowerOf(quotas.limitedPerDay, perDay),
  }
}

const shareOf = (limit: number, { share }: Quotas): number => Math.max(1, Math.floor(limit * share))
