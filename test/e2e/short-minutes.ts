/**
 * Makes the simulated WeChat's clock minutes short: most of each is leapt over. A hold until the next minute then takes seconds, since it
 * ends by WeChat's own clock; who paces calls by real time is not told.
 */
import { tick } from './api.js'
import { DAY_MS, sinceMidnightMs } from './shanghai-day.js'
import type { SimulatorAdmin } from './simulator-admin.js'

const MINUTE_MS = 60_000
/** What is left of a minute. */
const LEFT_MS = 4_000
const LOOK_EVERY_MS = 50
/** Dates that are off by ten minutes are not believed: the clock goes back before. */
const MOST_AHEAD_MS = 9 * MINUTE_MS

/** How far the clock may go: not over midnight in Shanghai, where WeChat begins to count anew. */
function offsets(nowMs: number): { readonly least: number; readonly most: number } {
  const sinceMs = sinceMidnightMs(nowMs)
  const untilMs = DAY_MS - sinceMs - 4 * MINUTE_MS
  return { least: -Math.min(MOST_AHEAD_MS, sinceMs), most: Math.min(MOST_AHEAD_MS, untilMs) }
}

/** Gives what ends it. */
export async function shortenMinutes(admin: SimulatorAdmin): Promise<() => Promise<void>> {
  let goesOn = true
  const { least, most } = offsets(Date.now())
  await admin.tell('PUT', '/clock', { offsetMs: least })
  const leap = async (): Promise<void> => {
    while (goesOn) {
      const { now, offsetMs } = await admin.tell<{ now: number; offsetMs: number }>('GET', '/clock')
      const target = Math.floor(now / MINUTE_MS) * MINUTE_MS + MINUTE_MS - LEFT_MS
      if (offsetMs > most) await admin.tell('PUT', '/clock', { offsetMs: least })
      else if (now < target) await admin.tell('PUT', '/clock', { set: target })
      await tick(LOOK_EVERY_MS)
    }
  }
  const leaping = leap()
  return async () => {
    goesOn = false
    await leaping
  }
}
