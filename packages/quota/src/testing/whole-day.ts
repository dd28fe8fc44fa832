/** For tests of the calls of a day, against a real Redis: its clock can't be set, and a day that turned in the middle of one would begin anew. */
import { realClock } from './real-clock.js'

const DAY_MS = 86_400_000
const SHANGHAI_MS = 28_800_000
/** Longer than such a test takes, and shorter than what a hook may take. */
const ROOM_MS = 30_000

/** Resolves at once, save in the last half minute of a day in Shanghai: then when the next one has begun. */
export async function wholeDay(): Promise<void> {
  const leftMs = DAY_MS - ((realClock.now() + SHANGHAI_MS) % DAY_MS)
  if (leftMs < ROOM_MS) await realClock.sleep(leftMs)
}
