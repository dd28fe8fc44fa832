/**
 * What WeChat's answer to a call means for its lane. "Too many" is told apart in reject-call.lua by our own counts and by how the
 * lane behaves, never by WeChat's text: it says "daily" for the minute too.
 */
import { type AnyFault, type CallOutcome, HoldFault, type Lane, WaitFault } from '@sunpress/core'
import type { LeasedLane } from './lease-slots.js'
import type { PermitScripts, RejectionVerdict } from './permit-scripts.js'
import type { Slot } from './slots.js'

export interface AnswerContext {
  readonly scripts: PermitScripts
  /** Calls of a day that WeChat said lately remain; null: it wasn't asked. */
  readonly remainOf: (lane: LeasedLane) => number | null
}

/** What becomes of the lane. */
export type LaneAnswer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unused' }
  /** The probe was let in. */
  | { readonly kind: 'open' }
  | { readonly kind: 'rejected'; readonly verdict: RejectionVerdict; readonly fault: AnyFault }

/** 45009 may mean the minute or the day; 45011 and its kin only ever the minute. */
const MAY_BE_DAY = 45009
/** The counts of an app that others call as well are never exact; a limited lane is slow, so that its day is the likelier end. */
const SPENT_SHARE: Record<Lane, number> = { limited: 0.95, unlimited: 0.99 }
/** For a call that was under way when the lane was held, and came back after that. */
const LATE_MS = 1_000

/** Throws WaitFault while Redis can't be asked. */
export async function answerCall(
  context: AnswerContext,
  lane: LeasedLane,
  slot: Slot,
  outcome: CallOutcome,
): Promise<LaneAnswer> {
  if (outcome === 'unused' || isKind(outcome, 'wait')) return { kind: 'unused' }
  if (isRejection(outcome)) return await reject(context, lane, slot, outcome)
  if (slot.probeAtUs === null) return { kind: 'nothing' }
  const passed = isLetIn(outcome)
  await context.scripts.endProbe(lane.keys, passed ? 'passed' : 'unknown', slot.probeAtUs)
  return { kind: passed ? 'open' : 'nothing' }
}

const isKind = (outcome: CallOutcome, kind: AnyFault['kind']): boolean =>
  typeof outcome !== 'string' && outcome.kind === kind

const isRejection = (outcome: CallOutcome): outcome is HoldFault =>
  outcome instanceof HoldFault && outcome.scope === 'lane' && outcome.reason === 'minute_quota'

/** A refusal of WeChat's is about the scene: the call itself was within the limits. */
const isLetIn = (outcome: CallOutcome): boolean =>
  outcome === 'passed' || (typeof outcome !== 'string' && outcome.kind === 'refuse' && outcome.words !== null)

async function reject(
  { scripts, remainOf }: AnswerContext,
  lane: LeasedLane,
  slot: Slot,
  fault: HoldFault,
): Promise<LaneAnswer> {
  const verdict = await scripts.reject(lane.keys, {
    untilNextMinuteMs: fault.forMs,
    slotRedisUs: slot.redisUs,
    mayBeDay: fault.words?.errcode === MAY_BE_DAY,
    dayLimit: lane.dayLimit(),
    spentShare: SPENT_SHARE[lane.lane],
    nothingRemains: remainOf(lane) === 0,
    message: fault.message,
  })
  return { kind: 'rejected', verdict, fault: betterFault(fault, verdict) }
}

function betterFault(fault: HoldFault, { reason, leftMs }: RejectionVerdict): AnyFault {
  const { code, message, words } = fault
  if (reason === null) return new WaitFault(code, message, LATE_MS, { cause: fault })
  const hold = { scope: 'lane', reason, forMs: leftMs, ...(words === null ? {} : { words }) } as const
  return new HoldFault(code, message, hold, { cause: fault })
}
