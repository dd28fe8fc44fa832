/** How long a hold of the errcode table lasts from now on. Pure. */
import { type HoldLasts, untilDayTurnsMs } from '@sunpress/core'
import { type Moment, untilNextMinuteMs } from './next-minute.js'

/** A Date header further off is no date to go by: of two clocks a day apart, ours is the one that we can mend. */
const SANE_SKEW_MS = 86_400_000

export function holdMs(lasts: HoldLasts, dateHeader: unknown, moment: Moment): number {
  if (lasts === 'minute') return untilNextMinuteMs(dateHeader, moment)
  return lasts === 'day' ? untilDayTurnsMs(serverMs(dateHeader, moment.nowMs)) : lasts
}

/** WeChat's own clock turns its days: a host that is an hour slow must not wait an hour longer, nor ask an hour too soon. */
function serverMs(dateHeader: unknown, nowMs: number): number {
  const told = typeof dateHeader === 'string' ? Date.parse(dateHeader) : Number.NaN
  return Math.abs(told - nowMs) <= SANE_SKEW_MS ? told : nowMs
}
