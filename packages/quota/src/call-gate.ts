/**
 * What stands before a permit besides the pace of its lane: held pages and campaigns, pages under probe, the lifetime's limit.
 * A gate is asked before each permit, and told what became of it.
 */
import type { AnyFault, AppId, CallOutcome, Hold, HoldTarget, NewHold, PermitAsk } from '@sunpress/core'

export type GateTarget = Extract<HoldTarget, { readonly scope: 'page' | 'campaign' }>

/** Kept with the permit until its call is answered. */
export interface GatePass {
  /** This call is the one that finds out for all others. */
  readonly probe: boolean
}

export interface CallGate {
  /** Throws WaitFault while the page or campaign is held or its page is being probed, RefuseFault `lifetime_quota`. */
  enter(ask: PermitAsk, signal: AbortSignal): Promise<GatePass>
  /** Told once for each pass, `unused` also when no permit followed. May give a better fault; never throws. */
  answered(ask: PermitAsk, pass: GatePass, outcome: CallOutcome): Promise<AnyFault | null>
  hold(target: GateTarget, hold: NewHold): Promise<void>
  readHolds(app: AppId): Promise<readonly Hold[]>
  lift(target: GateTarget): Promise<void>
}

const FREE: GatePass = { probe: false }

/** Lets everything pass and holds nothing. */
export const openGate: CallGate = {
  enter: async () => FREE,
  answered: async (_ask, _pass, outcome) => faultOfOutcome(outcome),
  hold: async () => {},
  readHolds: async () => [],
  lift: async () => {},
}

export const faultOfOutcome = (outcome: CallOutcome): AnyFault | null =>
  typeof outcome === 'string' ? null : outcome
