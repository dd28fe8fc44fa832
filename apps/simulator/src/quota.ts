/** What one quota of an app has used: a minute's window, a hidden burst, a day that turns at midnight in Shanghai. */
import { shanghaiDay } from './clock.js'
import type { RateWindow } from './window.js'

export type QuotaLimits = {
  readonly minute?: RateWindow | undefined
  readonly burst?: RateWindow | undefined
  /** Undefined: no limit, but the day is counted. */
  readonly perDay: number | undefined
}

export type Quota = {
  /** Counts a call: which limit it is beyond. The day counts what the minute admits. */
  charge(now: number): 'minute' | 'burst' | 'day' | undefined
  usedToday(now: number): number
  /** Other limits from now on; what was counted stays. */
  resize(limits: QuotaChange): void
  /** The day starts at 0 again. */
  forgetDay(): void
}

export type QuotaChange = {
  readonly perMinute: number | undefined
  readonly perDay: number | undefined
  /** In place of the one before; undefined: that stays. */
  readonly burst: RateWindow | undefined
}

export function createQuota({ minute, ...first }: QuotaLimits): Quota {
  let { perDay, burst } = first
  let day = Number.NaN
  let used = 0

  function usedToday(now: number): number {
    const today = shanghaiDay(now)
    if (today !== day) used = 0
    day = today
    return used
  }

  function charge(now: number): 'minute' | 'burst' | 'day' | undefined {
    if (minute?.admit(now) === false) return 'minute'
    if (burst?.admit(now) === false) return 'burst'
    if (usedToday(now) >= (perDay ?? Number.POSITIVE_INFINITY)) return 'day'
    used++
    return undefined
  }

  const forgetDay = () => {
    used = 0
  }
  function resize(next: QuotaChange): void {
    if (next.perMinute !== undefined) minute?.resize(next.perMinute)
    perDay = next.perDay
    burst = next.burst ?? burst
  }
  return { charge, usedToday, resize, forgetDay }
}
