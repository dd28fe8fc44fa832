/**
 * A job: a hint that a scene may want printing. The truth is the scene's bit and the ledger, so a job may vanish,
 * repeat or be dropped. Short names: thousands of jobs wait in Redis at a time.
 */
import type { AppId, CampaignId, Generation } from './ids.js'
import { DEFAULT_LOOK, defaultFormat, type Look } from './look.js'

export const JOB_VERSION = 1

export interface SceneJob {
  readonly app: AppId
  readonly generation: Generation
  readonly campaign: CampaignId
  /** When the campaign was created, epoch ms: a picture that was closed before is reused. */
  readonly campaignCreatedAtMs: number
  readonly index: number
  readonly scene: string
  readonly look: Look
  /** The row's own page, when it has one: `look` holds it already. */
  readonly page?: string
  readonly ref?: string
  readonly caption?: string
  /** True when the scene has been enqueued before: a picture found then may be this scene's own. */
  readonly again: boolean
  /** True when a picture of this scene was published before and found defective: its event says that it is replaced. */
  readonly heals?: true
  /** True when the scene was parked before: it is refused when its attempts are spent once more. */
  readonly lastRound: boolean
}

interface WireJob {
  v: number
  g: string
  c: string
  at: number
  i: number
  s: string
  l: Partial<Look>
  p?: string
  r?: string
  t?: string
  a?: 1
  /** A release that doesn't know it refuses a scene after one round anyway: no new version. */
  f?: 1
  /** Nor does it know of replacing: its event says published. */
  h?: 1
}

export type DecodedJob =
  | { readonly kind: 'job'; readonly job: SceneJob }
  /** Written by a newer release: not ours to touch. */
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'malformed'; readonly what: string }

export const jobId = (campaign: CampaignId, index: number): string => `${campaign}.${index}`

export function encodeJob(job: SceneJob): WireJob {
  return {
    v: JOB_VERSION,
    g: job.generation,
    c: job.campaign,
    at: job.campaignCreatedAtMs,
    i: job.index,
    s: job.scene,
    l: changedFields(job.look),
    ...(job.page === undefined ? {} : { p: job.page }),
    ...(job.ref === undefined ? {} : { r: job.ref }),
    ...(job.caption === undefined ? {} : { t: job.caption }),
    ...(job.again ? { a: 1 as const } : {}),
    ...(job.lastRound ? { f: 1 as const } : {}),
    ...(job.heals === true ? { h: 1 as const } : {}),
  }
}

export function decodeJob(app: AppId, data: unknown): DecodedJob {
  if (typeof data !== 'object' || data === null) return { kind: 'malformed', what: 'not an object' }
  const wire = data as Partial<WireJob>
  if (typeof wire.v !== 'number') return { kind: 'malformed', what: 'no version' }
  if (wire.v > JOB_VERSION) return { kind: 'newer', version: wire.v }
  if (typeof wire.g !== 'string' || typeof wire.c !== 'string' || typeof wire.s !== 'string') {
    return { kind: 'malformed', what: 'g, c and s must be strings' }
  }
  if (!Number.isSafeInteger(wire.i) || (wire.i as number) < 0 || !Number.isFinite(wire.at)) {
    return { kind: 'malformed', what: 'i must be an index and at a time' }
  }
  if (typeof (wire.l ?? {}) !== 'object') return { kind: 'malformed', what: 'l must be an object' }
  const look = { ...DEFAULT_LOOK, format: defaultFormat(wire.l?.hyaline ?? false), ...wire.l }
  return {
    kind: 'job',
    job: {
      app,
      generation: wire.g as Generation,
      campaign: wire.c as CampaignId,
      campaignCreatedAtMs: wire.at as number,
      index: wire.i as number,
      scene: wire.s,
      look,
      ...(wire.p === undefined ? {} : { page: wire.p }),
      ...(wire.r === undefined ? {} : { ref: wire.r }),
      ...(wire.t === undefined ? {} : { caption: wire.t }),
      again: wire.a === 1,
      lastRound: wire.f === 1,
      ...(wire.h === 1 ? { heals: true as const } : {}),
    },
  }
}

function changedFields(look: Look): Partial<Look> {
  const defaults: Look = { ...DEFAULT_LOOK, format: defaultFormat(look.hyaline) }
  const names = Object.keys(defaults) as (keyof Look)[]
  const changed = names.filter((name) => JSON.stringify(look[name]) !== JSON.stringify(defaults[name]))
  return Object.fromEntries(changed.map((name) => [name, look[name]]))
}
