/** A Mini Program: who it is, how we get its tokens, how much we may call. */
import type { AppId } from './ids.js'
import type { Lane } from './lane.js'
import type { Secret } from './secret.js'

/** The other kinds of credential come with fields of their own. */
export interface SecretCredential {
  readonly kind: 'secret'
  readonly appSecret: Secret
}

export type Credential = SecretCredential

/** Calls per minute, day and lifetime; `share` is the part of each that we may use, above 0 up to 1. */
export interface Quotas {
  readonly perMinute: number
  readonly limitedPerMinute: number
  readonly limitedPerDay: number
  readonly limitedLifetime: number
  readonly share: number
}

export interface App {
  readonly appid: AppId
  readonly name: string
  readonly credential: Credential
  readonly quotas: Quotas
}

export const DEFAULT_QUOTAS: Quotas = {
  perMinute: 5_000,
  limitedPerMinute: 600,
  limitedPerDay: 10_000,
  limitedLifetime: 100_000,
  share: 0.98,
}

/** Most calls of a lane in any 60 s: the limit times our share of it. */
export function perMinuteOf(quotas: Quotas, lane: Lane): number {
  const limit = lane === 'unlimited' ? quotas.perMinute : quotas.limitedPerMinute
  return Math.max(1, Math.floor(limit * quotas.share))
}
