/** What a lifetime allows so many of: the gate asks, and tells what became of the call. */
import type { AnyFault, CallOutcome, PermitAsk } from '@sunpress/core'

/** null: this call is not counted here. */
export type CountedPass = { readonly known: boolean } | null

export interface Counted {
  /** Throws RefuseFault when the call would make one too many, WaitFault while that can't be said. */
  enter(ask: PermitAsk): Promise<CountedPass>
  /** May give a better fault than the one that came. */
  answered(ask: PermitAsk, pass: CountedPass, outcome: CallOutcome): Promise<AnyFault | null>
}
