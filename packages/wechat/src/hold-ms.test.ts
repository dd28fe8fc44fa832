import { expect, it } from 'vitest'
import { holdMs } from './hold-ms.js'

/** 16:30:12 in Shanghai. */
const moment = { nowMs: Date.UTC(2026, 0, 1, 8, 30, 12), random: 0 }
const UNTIL_MS = ((7 * 60 + 34) * 60 + 48) * 1_000

it('lasts as many ms as the table says, or until the next minute', () => {
  expect(holdMs(600_000, undefined, moment)).toBe(600_000)
  expect(holdMs('minute', undefined, moment)).toBe(49_000)
})

it.each([
  ['ours', undefined, 0],
  ['that of the server', 'Thu, 01 Jan 2026 09:30:12 GMT', 3_600_000],
  ['that of the server', 'Thu, 01 Jan 2026 07:30:12 GMT', -3_600_000],
  ['ours, where the server tells no date', 'yesterday', 0],
  ['ours, where the server is days off', 'Mon, 05 Jan 2026 08:30:12 GMT', 0],
])('lasts until 00:05 in Shanghai by a clock: %s', (_, date, aheadMs) => {
  expect(holdMs('day', date, moment)).toBe(UNTIL_MS - aheadMs)
})
