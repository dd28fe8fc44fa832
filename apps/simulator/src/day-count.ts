import { shanghaiDay } from './clock.js'

/** A count that starts anew at midnight in Shanghai. */
export type DayCount = {
  /** Counts one, unless there are `limit` already. */
  admit(limit: number, now: number): boolean
  used(now: number): number
  forget(): void
}

export function createDayCount(): DayCount {
  let day = Number.NaN
  let count = 0

  function used(now: number): number {
    const today = shanghaiDay(now)
    if (today !== day) count = 0
    day = today
    return count
  }

  function admit(limit: number, now: number): boolean {
    if (used(now) >= limit) return false
    count++
    return true
  }

  const forget = () => {
    count = 0
  }
  return { admit, used, forget }
}
