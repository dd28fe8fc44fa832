/** A slot of the day 0, no probe. */
import type { Slot } from '../slots.js'

export const slotAt = (dueMs: number, notAfterMs: number): Slot => ({
  dueMs,
  notAfterMs,
  redisUs: Math.round(dueMs * 1_000),
  day: 0,
  probeAtUs: null,
})
