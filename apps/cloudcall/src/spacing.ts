/**
 * Core's Permits without Redis: even spacing within this process, no burst, and holds that end the slice. Doesn't know of calls
 * that other instances make.
 */
import { type Clock, type HoldTarget, isFault, type NewHold, type Permits, WaitFault } from '@sunpress/core'

export interface Spacing extends Permits {
  /** From now on until then; forgets holds. `untilMs` on the monotonic clock: no slot lies behind it. */
  begin(untilMs: number): void
  /** No more permits in this slice. */
  isOver(): boolean
  /** Until the slice ends; 0 when it's held. */
  leftMs(): number
  /** Until the next slot. */
  restMs(): number
  /** The first hold of the slice. */
  held(): (NewHold & { readonly target: HoldTarget }) | null
}

const MINUTE_MS = 60_000
/** A timer may be late; a call much later than its slot would come close to the next. */
const MOST_LATE_MS = 1_000

export function createSpacing(clock: Clock, perMinute: number): Spacing {
  const apartMs = MINUTE_MS / perMinute
  let nextMs = Number.NEGATIVE_INFINITY
  let untilMs = Number.NEGATIVE_INFINITY
  let hold: ReturnType<Spacing['held']> = null

  const isOver = () => hold !== null || Math.max(clock.monotonic(), nextMs) >= untilMs
  return {
    begin(endMs) {
      untilMs = endMs
      hold = null
    },
    isOver,
    held: () => hold,
    leftMs: () => (hold === null ? Math.max(0, untilMs - clock.monotonic()) : 0),
    restMs: () => Math.max(0, nextMs - clock.monotonic()),
    async take(_ask, signal) {
      if (isOver()) throw over()
      const dueMs = Math.max(clock.monotonic(), nextMs)
      nextMs = dueMs + apartMs
      await clock.sleep(dueMs - clock.monotonic(), signal)
      if (hold !== null) throw over()
      return { dueMs, notAfterMs: dueMs + MOST_LATE_MS }
    },
    answered: async (_ask, _permit, outcome) => (isFault(outcome) ? outcome : null),
    async hold(target, given) {
      hold ??= { ...given, target }
    },
  }
}

const over = (): WaitFault => new WaitFault('slice_over', 'no more calls in this slice', 0)
