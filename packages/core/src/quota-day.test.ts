import { expect, it } from 'vitest'
import { shanghaiDayEndsMs, shanghaiDayOf, untilDayTurnsMs } from './quota-day.js'

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

it('ends a day at midnight in Shanghai', () => {
  const midnightMs = Date.parse('2026-11-21T00:00:00+08:00')
  expect(shanghaiDayEndsMs(shanghaiDayOf(midnightMs - 1))).toBe(midnightMs)
  expect(shanghaiDayOf(midnightMs)).toBe(shanghaiDayOf(midnightMs - 1) + 1)
})
