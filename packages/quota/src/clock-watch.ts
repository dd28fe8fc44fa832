/**
 * Notices a step of Redis's clock against ours. A step forward makes slots already given overlap with new ones in real time,
 * which nothing inside Redis can see. Pure.
 * Promises to see a step of more than STEP_MS beyond what the travel of one exchange hides. Not promised: for the first exchange of a
 * process, nor after long silence, for two clocks drift apart by themselves.
 */
import type { Exchange } from './slots.js'

/** Redis's clock less ours lies between these; known at `atMs`. */
export interface ClockOffset {
  readonly leastMs: number
  readonly mostMs: number
  readonly atMs: number
}

export type ClockStep = 'none' | 'forward' | 'back'

export const STEP_MS = 20
/** Both clocks may be slewed by 500 ppm, one forward and one back. */
const DRIFT = 0.001

export function watchClock(
  before: ClockOffset | null,
  redisNowMs: number,
  { sentAtMs, receivedAtMs }: Exchange,
): { step: ClockStep; offset: ClockOffset } {
  const seen = { leastMs: redisNowMs - receivedAtMs, mostMs: redisNowMs - sentAtMs, atMs: receivedAtMs }
  if (before === null) return { step: 'none', offset: seen }
  const driftMs = (receivedAtMs - before.atMs) * DRIFT
  const leastMs = before.leastMs - driftMs
  const mostMs = before.mostMs + driftMs
  if (seen.leastMs > mostMs + STEP_MS) return { step: 'forward', offset: seen }
  if (seen.mostMs < leastMs - STEP_MS) return { step: 'back', offset: seen }
  const narrowed = {
    leastMs: Math.max(leastMs, seen.leastMs),
    mostMs: Math.min(mostMs, seen.mostMs),
    atMs: receivedAtMs,
  }
  return { step: 'none', offset: narrowed.leastMs <= narrowed.mostMs ? narrowed : seen }
}
