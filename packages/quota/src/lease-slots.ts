/**
 * One lease: slots of a lane from Redis, on the local clock. Where Redis has no state, another run's, or no calls reserved of the
 * day, the ledger is asked first.
 */
import { type AppId, type Clock, type HoldReason, type Lane, WaitFault } from '@sunpress/core'
import type { LeapWatch } from './leap-watch.js'
import type { LaneKeys, PermitScripts } from './permit-scripts.js'
import type { QuotaLedger } from './quota-ledger.js'
import { beginDay, reserveMore } from './reserve-day.js'
import { OTHERS_TURN_MS, settleLane } from './settle-lane.js'
import { type Exchange, placeSlots, type Slot } from './slots.js'
import { spacingUs } from './spacing.js'
import type { GrantedReply, ReserveReply, TakeReply } from './take-reply.js'

export type LeaseAnswer =
  | { readonly kind: 'slots'; readonly slots: readonly Slot[] }
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'held'; readonly waitMs: number; readonly reason: HoldReason }

export interface LeaseContext {
  readonly scripts: PermitScripts
  readonly ledger: QuotaLedger
  readonly clock: Clock
  readonly watch: LeapWatch
  readonly lateMs: number
  readonly patienceMs: number
  /** Slots that can't be used: a leap of Redis's clock was seen, or its answer came too late. */
  readonly wasted: (lane: LeasedLane, slots: readonly Slot[]) => void
}

export interface LeasedLane {
  readonly app: AppId
  readonly lane: Lane
  readonly keys: LaneKeys
  /** Calls in 60 s. */
  readonly limit: () => number
  /** Calls in a day; null: no limit is known. */
  readonly dayLimit: () => number | null
  /** Leaps of Redis's clock that this lane's pace has been mended for. */
  leapsMended: number
  /** More calls of the day are being reserved. */
  reserving: boolean
  /** Calls in 60 s as of the last lease, 0 before any. */
  lastLimit: number
}

const SLOW_MS = 250
/** A lane may be made, settled and have its day begun, each beside another process that does the same. */
const TRIES = 4

type Gap = ReserveReply | Extract<TakeReply, { kind: 'missing' | 'unsettled' }> | { readonly kind: 'leapt' }

export async function leaseSlots(
  context: LeaseContext,
  lane: LeasedLane,
  wanted: number,
  signal: AbortSignal,
): Promise<LeaseAnswer> {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await askOnce(context, lane, wanted)
    if (answer.kind === 'slots' || answer.kind === 'wait' || answer.kind === 'held') return answer
    if (answer.kind === 'reserve') await beginDay(context, lane, answer)
    else if (answer.kind !== 'leapt') await settleLane(context, lane, answer, signal)
  }
  throw new WaitFault(
    'permits_unsettled',
    'the permits of this lane vanish or its clock leaps',
    OTHERS_TURN_MS,
  )
}

async function askOnce(context: LeaseContext, lane: LeasedLane, wanted: number): Promise<LeaseAnswer | Gap> {
  const { clock, watch, lateMs, patienceMs } = context
  const leapsBefore = watch.leaps()
  lane.lastLimit = lane.limit()
  const wish = {
    spacingUs: spacingUs(lane.lastLimit, lateMs),
    wanted,
    patienceMs,
    leapt: leapsBefore > lane.leapsMended,
    dayLimit: lane.dayLimit(),
  }
  const sentAtMs = clock.monotonic()
  const reply = await context.scripts.take(lane.keys, wish)
  const exchange = { sentAtMs, receivedAtMs: clock.monotonic() }
  watch.observe(reply.redisNowMs, exchange)
  const leapt = watch.leaps() > leapsBefore
  if (!leapt && (reply.kind === 'granted' || reply.kind === 'wait')) lane.leapsMended = leapsBefore
  if (reply.kind !== 'granted') return leapt ? { kind: 'leapt' } : reply
  return await useGrant(context, lane, reply, exchange, leapt)
}

async function useGrant(
  context: LeaseContext,
  lane: LeasedLane,
  reply: GrantedReply,
  exchange: Exchange,
  leapt: boolean,
): Promise<LeaseAnswer | Gap> {
  const slots = placeSlots(reply, exchange, context.lateMs)
  if (reply.reserveFrom !== null) reserveMore(context, lane, reply.day, reply.reserveFrom)
  if (leapt) {
    context.wasted(lane, slots)
    return { kind: 'leapt' }
  }
  if (exchange.receivedAtMs - exchange.sentAtMs > context.lateMs) {
    context.wasted(lane, slots)
    throw new WaitFault('redis_slow', 'Redis answers too slowly to use its slots in time', SLOW_MS)
  }
  return { kind: 'slots', slots }
}
