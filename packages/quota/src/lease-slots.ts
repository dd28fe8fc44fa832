/**
 * One lease: slots of a lane from Redis, on the local clock. Makes the lane's state when Redis has none: freely if the ledger
 * says that the lane was never called, else behind a persisted hold of a whole window, for the calls of the last minute are forgotten.
 */
import { type AppId, type Clock, type HoldReason, type Lane, WaitFault } from '@sunpress/core'
import type { LeapWatch } from './leap-watch.js'
import type { NewHold, PermitScripts, TakeReply } from './permit-scripts.js'
import type { QuotaLedger } from './quota-ledger.js'
import { type Exchange, placeSlots, type Slot } from './slots.js'
import { spacingUs, WINDOW_MS } from './spacing.js'

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
  /** Slots that can't be used: a leap of Redis's clock was seen. */
  readonly wasted: (app: AppId, lane: Lane, slots: number) => void
}

export interface LeasedLane {
  readonly app: AppId
  readonly lane: Lane
  readonly key: string
  /** Calls in 60 s. */
  readonly limit: () => number
  /** Leaps of Redis's clock that this lane's pace has been mended for. */
  leapsMended: number
}

/** Time for another process, which has just marked the lane as called, to make its state. */
const OTHERS_TURN_MS = 1_000
/** A process that was away for longer after marking may find itself after a loss of Redis. */
const MARK_GOOD_FOR_MS = 5_000
const SLOW_MS = 250
const TRIES = 3

export async function leaseSlots(
  context: LeaseContext,
  lane: LeasedLane,
  wanted: number,
  signal: AbortSignal,
): Promise<LeaseAnswer> {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await askOnce(context, lane, wanted)
    if (answer === 'missing') await establish(context, lane, signal)
    else if (answer !== 'leapt') return answer
  }
  throw new WaitFault(
    'permits_unsettled',
    'the permits of this lane vanish or its clock leaps',
    OTHERS_TURN_MS,
  )
}

async function askOnce(
  context: LeaseContext,
  lane: LeasedLane,
  wanted: number,
): Promise<LeaseAnswer | 'missing' | 'leapt'> {
  const { clock, watch } = context
  const spacing = spacingUs(lane.limit(), context.lateMs)
  const leapsBefore = watch.leaps()
  const leapt = leapsBefore > lane.leapsMended
  const sentAtMs = clock.monotonic()
  const wish = { spacingUs: spacing, wanted, patienceMs: context.patienceMs, leapt }
  const reply = await context.scripts.take(lane.key, wish)
  const exchange = { sentAtMs, receivedAtMs: clock.monotonic() }
  watch.observe(reply.redisNowMs, exchange)
  if (watch.leaps() > leapsBefore) {
    if (reply.kind === 'granted') context.wasted(lane.app, lane.lane, reply.count)
    return 'leapt'
  }
  if (reply.kind === 'granted' || reply.kind === 'wait') lane.leapsMended = leapsBefore
  if (reply.kind === 'granted' && exchange.receivedAtMs - sentAtMs > context.lateMs) {
    context.wasted(lane.app, lane.lane, reply.count)
    throw new WaitFault('redis_slow', 'Redis answers too slowly to use its slots in time', SLOW_MS)
  }
  return toAnswer(reply, spacing, exchange, context.lateMs)
}

function toAnswer(
  reply: TakeReply,
  spacing: number,
  exchange: Exchange,
  lateMs: number,
): LeaseAnswer | 'missing' {
  switch (reply.kind) {
    case 'granted':
      return { kind: 'slots', slots: placeSlots({ ...reply, spacingUs: spacing }, exchange, lateMs) }
    case 'wait':
    case 'held':
      return reply
    case 'missing':
      return 'missing'
    default:
      return reply satisfies never
  }
}

async function establish(context: LeaseContext, lane: LeasedLane, signal: AbortSignal): Promise<void> {
  const { clock, ledger, scripts } = context
  const markedAtMs = clock.monotonic()
  const neverCalled = await ledger.markCalled(lane.app, lane.lane, clock.now())
  const recorded = await recordedHold(context, lane)
  const spacing = spacingUs(lane.limit(), context.lateMs)
  if (neverCalled && clock.monotonic() - markedAtMs < MARK_GOOD_FOR_MS) {
    await scripts.init(lane.key, spacing, recorded)
    return
  }
  await clock.sleep(OTHERS_TURN_MS, signal)
  await scripts.init(lane.key, spacing, longer(recorded, WINDOW_HOLD))
}

const WINDOW_HOLD: NewHold = { scope: 'lane', reason: 'minute_quota', forMs: WINDOW_MS }

async function recordedHold(
  { ledger, clock }: LeaseContext,
  { app, lane }: LeasedLane,
): Promise<NewHold | null> {
  const hold = await ledger.readHold(app, lane, clock.now())
  return hold === null ? null : { scope: hold.scope, reason: hold.reason, forMs: hold.untilMs - clock.now() }
}

const longer = (one: NewHold | null, other: NewHold): NewHold =>
  one !== null && one.forMs > other.forMs ? one : other
