import { expect, it } from 'vitest'
import { secondsFor } from './answer-plan.js'

it.each([
  [0, null, null, 0],
  [100, null, null, null],
  [5_000, 5_000, null, 60],
  [1_000_000, 4_900, null, 12_245],
  [9_800, 588, 9_800, 1_000],
  [9_801, 588, 9_800, 86_401],
  [100_000, 600, 10_000, 9 * 86_400 + 1_000],
])('%d calls at %s a minute and %s a day take %s s', (calls, perMinute, perDay, seconds) => {
  expect(secondsFor(calls, perMinute, perDay)).toBe(seconds)
})
