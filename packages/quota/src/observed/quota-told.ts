/** What WeChat tells of an endpoint's quota, and what follows from it. Pure. */
import type { Lane, UpstreamEndpoint } from '@sunpress/core'
import { dayOf } from '../shanghai-day.js'

/** As openapi/quota/get says it; null where it says nothing. WeChat's own count is right to 1 %. */
export interface QuotaTold {
  readonly daily: { readonly limit: number; readonly used: number; readonly remain: number } | null
  readonly rate: { readonly calls: number; readonly perSeconds: number } | null
}

export interface ObservedEndpoint extends QuotaTold {
  /** Our own calls of that day when WeChat told; null: not known. */
  readonly ours: number | null
  /** Epoch ms. */
  readonly atMs: number
}

/** null: WeChat says nothing of it, or nothing new enough. */
export interface ObservedLimits {
  readonly perMinute: number | null
  readonly perDay: number | null
  /** Calls of this day in Shanghai that WeChat said remain. */
  readonly remain: number | null
}

export const ENDPOINTS_OF: Readonly<Record<Lane, readonly UpstreamEndpoint[]>> = {
  unlimited: ['getwxacodeunlimit'],
  limited: ['getwxacode', 'createwxaqrcode'],
}

export const ENDPOINTS: readonly UpstreamEndpoint[] = [...ENDPOINTS_OF.unlimited, ...ENDPOINTS_OF.limited]

/** The endpoints of a lane share its permits, so the lowest of what is said of any of them holds. */
export function limitsFrom(told: readonly ObservedEndpoint[], nowMs: number): ObservedLimits {
  const today = told.filter(({ atMs }) => dayOf(atMs) === dayOf(nowMs))
  return {
    perMinute: lowest(told.map(perMinuteOf)),
    perDay: lowest(told.map(({ daily }) => dayLimitOf(daily))),
    remain: lowest(today.map(({ daily }) => (dayLimitOf(daily) === null ? null : (daily?.remain ?? null)))),
  }
}

/**
 * Of what is known and what was read just now: the newer one. One that is known from a time to come isn't believed: a clock was set
 * back, and nothing that is told would ever be newer.
 */
export function newerOf(
  known: ObservedEndpoint | null,
  read: ObservedEndpoint | null,
  nowMs: number,
): ObservedEndpoint | null {
  if (known === null || read === null) return read ?? known
  return known.atMs > read.atMs && known.atMs <= nowMs + CLOCKS_DIFFER_MS ? known : read
}

const CLOCKS_DIFFER_MS = 60_000

/** The rule where WeChat and the configuration differ: the lower one. */
export const lowerOf = (configured: number, observed: number | null): number =>
  observed === null ? configured : Math.min(configured, observed)

/** WeChat's statistics are right to 1 %, so that is the least which shows that somebody else calls. */
const NOISE = 0.01

/** Calls of today that others had made when WeChat told, at least; 0 within the noise. */
export function othersFrom(told: ObservedEndpoint | null, nowMs: number): number | null {
  if (told?.daily == null || told.ours === null || dayOf(told.atMs) !== dayOf(nowMs)) return null
  const { used } = told.daily
  return Math.max(0, used - told.ours - Math.ceil(used * NOISE))
}

/** A daily limit of 0 is how "none" is read: an app that may call nothing gets no code either, and is seen by that. */
const dayLimitOf = (daily: QuotaTold['daily']): number | null =>
  daily !== null && daily.limit > 0 ? daily.limit : null

const perMinuteOf = ({ rate }: QuotaTold): number | null =>
  rate === null || rate.calls <= 0 || rate.perSeconds <= 0
    ? null
    : Math.max(1, Math.floor((rate.calls * 60) / rate.perSeconds))

function lowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.min(...known)
}
