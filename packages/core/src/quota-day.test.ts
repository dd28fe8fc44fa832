import { expect, it } from 'vitest'
import { untilDayTurnsMs } from './quota-day.js'

const MINUTE_MS = 60_000

it.each([
  ['2026-11-20T23:59:00+08:00', 6],
  ['2026-11-21T00:04:00+08:00', 1],
  ['2026-11-21T00:05:00+08:00', 24 * 60],
  ['2026-11-21T00:06:00+08:00', 24 * 60 - 1],
  ['2026-11-20T16:03:00Z', 2],
])('waits at %s for %i minutes, until five past midnight in Shanghai', (now, minutes) => {
  expect(untilDayTurnsMs(Date.parse(now))).toBe(minutes * MINUTE_MS)
})
