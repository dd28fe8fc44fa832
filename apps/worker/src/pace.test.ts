import { describe, expect, it } from 'vitest'
import { createPace, LEASE_JOBS, MOST_IN_FLIGHT } from './pace.js'

describe('createPace', () => {
  it('begins with what the whole limit would need at a second a call', () => {
    expect(createPace(() => 6_000).jobsInHand(0)).toBe(LEASE_JOBS + 125)
  })

  it('follows latency: slow answers want more calls in flight', () => {
    const pace = createPace(() => 6_000)
    for (let i = 0; i < 200; i++) pace.travelled(10_000)
    expect(pace.jobsInHand(0)).toBeGreaterThan(1_000)
  })

  it('follows the permits that this worker is granted, not the limit of the lane', () => {
    const pace = createPace(() => 6_000)
    for (let ms = 0; ms < 2_000; ms += 20) pace.granted(ms)
    expect(pace.jobsInHand(2_000)).toBe(LEASE_JOBS + 63)
  })

  it('is bounded', () => {
    expect(createPace(() => 10_000_000).jobsInHand(0)).toBe(LEASE_JOBS + MOST_IN_FLIGHT)
  })

  it('keeps a lease of jobs in hand when nothing has been granted for a while', () => {
    const pace = createPace(() => 6_000)
    pace.granted(0)
    pace.jobsInHand(10_000)
    expect(pace.jobsInHand(20_000)).toBe(LEASE_JOBS)
  })
})
