/** The one place that decides what follows a fault. Pure: time and chance are arguments. */
import { type AnyFault, isFault } from './fault.js'
import type { HoldReason, HoldScope } from './hold.js'

export type Verdict =
  /** Back to the queue, no attempt spent. */
  | { readonly next: 'put_back'; readonly afterMs: number; readonly code: string }
  /** Drop the token that failed and ask again at once. */
  | { readonly next: 'renew'; readonly code: string }
  /** Back to the queue, one attempt spent. */
  | { readonly next: 'retry'; readonly afterMs: number; readonly code: string }
  | {
      readonly next: 'refuse'
      readonly reason: string
      readonly errcode: number | null
      readonly rid: string | null
    }
  /** Stop the app or lane for a while; the job goes back, no attempt spent. */
  | {
      readonly next: 'hold'
      readonly scope: HoldScope
      readonly reason: HoldReason
      readonly forMs: number
      readonly code: string
    }
  | { readonly next: 'halt'; readonly code: string }

export interface Standing {
  /** Attempts already spent on this scene, not counting the one that met the fault. */
  readonly attempts: number
  /** Tokens already renewed in this attempt. */
  readonly renewals: number
  /** From 0 up to 1. */
  readonly random: number
}

export const MAX_ATTEMPTS = 6
const BASE_MS = 1_000
const MOST_MS = 60_000

/** Exponential back-off with equal jitter: half of it fixed, half by chance. 1, 2, 4 … s, at most 60 s. */
export function backoffMs(attempts: number, random: number): number {
  const whole = Math.min(MOST_MS, BASE_MS * 2 ** attempts)
  return Math.round(whole / 2 + (whole / 2) * random)
}

const MAX_RENEWALS = 1
/** A fresh token that is stale as well: somebody else renews it, or it is of another account. No scene's fault. */
const TOKEN_TROUBLE_MS = 10_000

export function judge(fault: unknown, standing: Standing): Verdict {
  if (!isFault(fault)) return again('unexpected', null, standing)
  const known: AnyFault = fault
  switch (known.kind) {
    case 'wait':
      return { next: 'put_back', afterMs: known.afterMs, code: known.code }
    case 'renew':
      if (standing.renewals < MAX_RENEWALS) return { next: 'renew', code: known.code }
      return { next: 'hold', scope: 'app', reason: 'token', forMs: TOKEN_TROUBLE_MS, code: known.code }
    case 'retry':
      return again(known.code, known.words, standing)
    case 'refuse':
      return {
        next: 'refuse',
        reason: known.code,
        errcode: known.words?.errcode ?? null,
        rid: known.words?.rid ?? null,
      }
    case 'hold':
      return { next: 'hold', scope: known.scope, reason: known.reason, forMs: known.forMs, code: known.code }
    case 'halt':
      return { next: 'halt', code: known.code }
    default:
      return known satisfies never
  }
}

function again(
  code: string,
  words: { errcode: number; rid: string | null } | null,
  standing: Standing,
): Verdict {
  if (standing.attempts + 1 >= MAX_ATTEMPTS) {
    return { next: 'refuse', reason: code, errcode: words?.errcode ?? null, rid: words?.rid ?? null }
  }
  return { next: 'retry', afterMs: backoffMs(standing.attempts, standing.random), code }
}
