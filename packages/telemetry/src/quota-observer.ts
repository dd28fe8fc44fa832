/** What bounds an app's calls, as counters and log lines; and its gauges, read when somebody looks. */
import type { AppId, HoldTarget, Lane, UpstreamEndpoint } from '@sunpress/core'
import type { LabelsOf } from './catalogue.js'
import type { Metrics, Sample } from './metrics.js'
import type { ObserverParts } from './observers.js'

export interface QuotaObservers {
  readonly permits: {
    granted(app: AppId, lane: Lane, permits: number): void
    wasted(app: AppId, lane: Lane, permits: number): void
    unrecorded(app: AppId, lane: Lane, fault: unknown): void
    rejected(app: AppId, lane: Lane, verdict: { readonly kind: string; readonly rate: number }): void
  }
  readonly gate: {
    unrecorded(what: unknown, fault: unknown): void
    unnoted(app: AppId, fault: unknown): void
  }
  readonly observed: {
    failed(app: AppId, endpoint: UpstreamEndpoint, fault: unknown): void
  }
}

export function observeQuota({ metrics, logger }: Omit<ObserverParts, 'clock'>): QuotaObservers {
  const log = logger.child({ part: 'quota' })
  return {
    permits: {
      granted: (app, lane, permits) => metrics.count('permitsGranted', { app, lane }, permits),
      wasted(app, lane, permits) {
        metrics.count('permitsWasted', { app, lane }, permits)
        log.debug({ app, lane, permits }, 'permits wasted')
      },
      unrecorded: (app, lane, fault) => log.warn({ app, lane, fault }, 'hold not recorded in the ledger'),
      rejected(app, lane, { kind, rate }) {
        metrics.count('quotaRejections', { app, lane, kind: kind as LabelsOf<'quotaRejections'>['kind'] })
        // Those that were under way when the first came back say nothing new.
        if (kind !== 'late')
          log.warn({ app, lane, kind, rate }, 'WeChat takes no more calls: the lane is held and slowed')
      },
    },
    gate: {
      unrecorded: (what, fault) => log.warn({ what: shown(what), fault }, 'not recorded in the ledger'),
      unnoted: (app, fault) => log.debug({ app, fault }, "a call's outcome was not noted"),
    },
    observed: {
      failed: (app, endpoint, fault) =>
        log.info({ app, endpoint, fault }, 'WeChat was not asked for its quota'),
    },
  }
}

const shown = (what: unknown): unknown =>
  typeof what === 'object' && what !== null && 'scope' in what ? (what as HoldTarget).scope : what

/** What is known of an app's quotas now; null: not known. */
export interface QuotaReading {
  readonly app: AppId
  readonly lanes: readonly {
    readonly lane: Lane
    readonly perMinute: { readonly used: number | null; readonly limit: number }
    readonly perDay: { readonly used: number | null; readonly limit: number | null }
    /** Of the limit of a minute, above 0 up to 1. */
    readonly rate: number | null
    /** Calls of today that others made, at least. */
    readonly usedByOthers: number | null
  }[]
  readonly lifetime: { readonly used: number; readonly limit: number } | null
  readonly holds: readonly { readonly scope: string; readonly reason: string }[] | null
}

/** Reads once for all gauges of a scrape. */
export function collectQuotas(metrics: Metrics, read: () => Promise<readonly QuotaReading[]>): void {
  let reading: Promise<readonly QuotaReading[]> | null = null
  const shared = (): Promise<readonly QuotaReading[]> => {
    reading ??= read().finally(() => {
      reading = null
    })
    return reading
  }
  metrics.collect('quotaUsed', async () => (await shared()).flatMap(usedOf))
  metrics.collect('quotaLimit', async () => (await shared()).flatMap(limitsOf))
  metrics.collect('quotaRate', async () => (await shared()).flatMap(ratesOf))
  metrics.collect('quotaUsedByOthers', async () => (await shared()).flatMap(othersOf))
  metrics.collect('holds', async () => (await shared()).flatMap(holdsOf))
}

const usedOf = ({ app, lanes, lifetime }: QuotaReading): Sample<'quotaUsed'>[] => [
  ...lanes.flatMap(({ lane, perMinute, perDay }) => [
    ...sample({ app, lane, per: 'minute' as const }, perMinute.used),
    ...sample({ app, lane, per: 'day' as const }, perDay.used),
  ]),
  ...sample({ app, lane: 'limited' as const, per: 'lifetime' as const }, lifetime?.used ?? null),
]

const limitsOf = ({ app, lanes, lifetime }: QuotaReading): Sample<'quotaLimit'>[] => [
  ...lanes.flatMap(({ lane, perMinute, perDay }) => [
    ...sample({ app, lane, per: 'minute' as const }, perMinute.limit),
    ...sample({ app, lane, per: 'day' as const }, perDay.limit),
  ]),
  ...sample({ app, lane: 'limited' as const, per: 'lifetime' as const }, lifetime?.limit ?? null),
]

const ratesOf = ({ app, lanes }: QuotaReading): Sample<'quotaRate'>[] =>
  lanes.flatMap(({ lane, rate }) => sample({ app, lane }, rate))

const othersOf = ({ app, lanes }: QuotaReading): Sample<'quotaUsedByOthers'>[] =>
  lanes.flatMap(({ lane, usedByOthers }) => sample({ app, lane }, usedByOthers))

function holdsOf({ app, holds }: QuotaReading): Sample<'holds'>[] {
  const counted = new Map<string, Sample<'holds'>>()
  for (const { scope, reason } of holds ?? []) {
    const labels = { app, scope, reason } as Sample<'holds'>['labels']
    const name = `${scope} ${reason}`
    counted.set(name, { labels, value: (counted.get(name)?.value ?? 0) + 1 })
  }
  return [...counted.values()]
}

const sample = <L>(labels: L, value: number | null): { labels: L; value: number }[] =>
  value === null ? [] : [{ labels, value }]
