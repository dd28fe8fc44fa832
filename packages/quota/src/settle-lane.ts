/**
 * Makes a lane's state when Redis has none: freely if the ledger says that the lane was never called, else behind a hold of a whole
 * window, for the calls of the last minute are forgotten. After a restart of Redis the last second may be: holds and the day's count
 * come from the ledger.
 */
import type { Clock } from '@sunpress/core'
import type { LeaseContext, LeasedLane } from './lease-slots.js'
import type { DayPast, PastHold } from './permit-scripts.js'
import type { HoldName, RecordedHold } from './quota-ledger.js'
import { dayOf } from './shanghai-day.js'
import { spacingUs, WINDOW_MS } from './spacing.js'

/** Time for another process, which has just marked the lane as called, to make its state. */
export const OTHERS_TURN_MS = 1_000
/** A process that was away for longer after marking may find itself after a loss of Redis. */
const MARK_GOOD_FOR_MS = 5_000

export async function settleLane(
  context: LeaseContext,
  lane: LeasedLane,
  { kind, redisNowMs }: { kind: 'missing' | 'unsettled'; redisNowMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { clock, ledger, scripts, lateMs } = context
  const markedAtMs = clock.monotonic()
  const neverCalled = kind === 'missing' && (await ledger.markCalled(lane.app, lane.lane, clock.now()))
  const holds = {
    laneHold: await pastHold(context, lane, lane.lane),
    appHold: await pastHold(context, lane, 'app'),
  }
  const day = await pastDay(context, lane, redisNowMs)
  const sure = neverCalled && clock.monotonic() - markedAtMs < MARK_GOOD_FOR_MS
  if (kind === 'missing' && !sure) await clock.sleep(OTHERS_TURN_MS, signal)
  const past = { windowMs: sure ? 0 : WINDOW_MS, ...holds, day }
  await scripts.settle(lane.keys, spacingUs(lane.limit(), lateMs), past)
}

async function pastHold(
  { ledger, clock }: LeaseContext,
  { app }: LeasedLane,
  name: HoldName,
): Promise<PastHold | null> {
  const hold = await ledger.readHold(app, name, clock.now())
  return hold === null ? null : toPast(hold, clock)
}

const toPast = ({ reason, untilMs, message }: RecordedHold, clock: Clock): PastHold => ({
  reason,
  message,
  forMs: untilMs - clock.now(),
})

/** Asked without a limit too: it may be known in a moment, and what was reserved counts from the start. */
async function pastDay({ ledger }: LeaseContext, lane: LeasedLane, redisNowMs: number): Promise<DayPast> {
  const day = dayOf(redisNowMs)
  return { day, reserved: await ledger.readReserved(lane.app, lane.lane, day) }
}
