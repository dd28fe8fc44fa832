/** Why a lane gives nothing for a while, as a fault for each who asks: how long is left is counted for him. */
import { isFault, WaitFault } from '@sunpress/core'

export interface Refusal {
  /** On the monotonic clock. */
  readonly endsAtMs: number
  fault(leftMs: number): unknown
}

export const faultOf = (refusal: Refusal, nowMs: number): unknown =>
  refusal.fault(Math.max(0, Math.ceil(refusal.endsAtMs - nowMs)))

export const waitRefusal = (message: string, endsAtMs: number): Refusal => ({
  endsAtMs,
  fault: (leftMs) => new WaitFault('permits_wait', message, leftMs),
})

export const heldRefusal = (reason: string, endsAtMs: number): Refusal => ({
  endsAtMs,
  fault: (leftMs) => new WaitFault(`held_${reason}`, `the lane is held: ${reason}`, leftMs),
})

/** What Redis or the ledger threw, for everybody who waits. */
export function refusalBy(fault: unknown, nowMs: number): Refusal {
  if (!isFault(fault) || fault.kind !== 'wait') return { endsAtMs: nowMs, fault: () => fault }
  const { code, message, afterMs } = fault
  return {
    endsAtMs: nowMs + afterMs,
    fault: (leftMs) => new WaitFault(code, message, leftMs, { cause: fault }),
  }
}
