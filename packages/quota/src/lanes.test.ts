import { expect, it } from 'vitest'
import { leaseOf } from './lanes.js'

it('leases 80 ms of slots, two where they are close together, and never more than the most', () => {
  expect([0, 1, 240, 241, 600, 1_500, 5_000].map((limit) => leaseOf(limit, 25))).toEqual([
    1, 1, 1, 2, 2, 2, 7,
  ])
  expect([1, 600, 60_000].map((limit) => leaseOf(limit, 1))).toEqual([1, 1, 1])
  expect(leaseOf(60_000, 25)).toBe(25)
})
