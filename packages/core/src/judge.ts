/** The one place that decides what follows a fault. Pure: time and chance are arguments. */
import { type AnyFault, type HoldFault, isFault } from './fault.js'
import type { HoldReason, HoldScope } from './hold.js'

export type Verdict =
  /** Back to the queue, no attempt spent. */
  | { readonly next: 'put_back'; readonly afterMs: number; readonly code: string }
  /** The job goes away, no attempt spent; upkeep sends its scene again when it may be printed. */
  | { readonly next: 'drop'; readonly code: string }
  /** Drop the token that failed and ask again at once. */
  | { readonly next: 'renew'; readonly code: string }
  /** Back to the queue, one attempt spent. */
  | { readonly next: 'retry'; readonly afterMs: number; readonly code: string }
  /** Its attempts are spent: it has one more round when the rest of its campaign has ended. */
  | { readonly next: 'park'; readonly code: string }
  | {
      readonly next: 'refuse'
      readonly reason: string
      readonly errcode: number | null
      readonly rid: string | null
    }
  /**
   * Stop the app, lane, page or campaign for a while, no attempt spent. The job goes back when the whole lane stops; others
   * of its lane go on when a page or a campaign stops, so that it goes away then.
   */
  | {
      readonly next: 'hold'
      readonly scope: HoldScope
      readonly reason: HoldReason
      readonly forMs: number
      readonly message: string | null
      readonly code: string
    }
  | { readonly next: 'halt'; readonly code: string }

export interface Standing {
  /** Attempts already spent on this scene, not counting the one that met the fault. */
  readonly attempts: number
  /** Tokens already renewed in this attempt. */
  readonly renewals: number
  /** The scene was parked before: it is refused when its attempts are spent. */
  readonly lastRound: boolean
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
  if (!isFault(fault)) return again('unexpected', null, MAX_ATTEMPTS, standing)
  const known: AnyFault = fault
  switch (known.kind) {
    case 'wait':
      if (known.dropsJob) return { next: 'drop', code: known.code }
      return { next: 'put_back', afterMs: known.afterMs, code: known.code }
    case 'renew':
      if (standing.renewals < MAX_RENEWALS) return { next: 'renew', code: known.code }
      return hold({ scope: 'app', reason: 'token', forMs: TOKEN_TROUBLE_MS }, known)
    case 'retry':
      return again(known.code, known.words, known.attempts ?? MAX_ATTEMPTS, standing)
    case 'refuse':
      return {
        next: 'refuse',
        reason: known.code,
        errcode: known.words?.errcode ?? null,
        rid: known.words?.rid ?? null,
      }
    case 'hold':
      return hold(known, known)
    case 'halt':
      return { next: 'halt', code: known.code }
    default:
      return known satisfies never
  }
}

const hold = (
  { scope, reason, forMs }: Pick<HoldFault, 'scope' | 'reason' | 'forMs'>,
  { code, message }: AnyFault,
): Verdict => ({ next: 'hold', scope, reason, forMs, message, code })

function again(
  code: string,
  words: { errcode: number; rid: string | null } | null,
  most: number,
  standing: Standing,
): Verdict {
  if (standing.attempts + 1 >= Math.min(most, MAX_ATTEMPTS)) {
    if (!standing.lastRound) return { next: 'park', code }
    return { next: 'refuse', reason: code, errcode: words?.errcode ?? null, rid: words?.rid ?? null }
  }
  return { next: 'retry', afterMs: backoffMs(standing.attempts, standing.random), code }
}
