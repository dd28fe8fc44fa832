import { describe, expect, it } from 'vitest'
import { createPace, LEASE_JOBS, MOST_IN_FLIGHT, type Pace } from './pace.js'

/** So many permits in the second from `fromMs`, while `waiting` others wait. */
function grantFor(pace: Pace, { fromMs = 0, permits = 50, waiting = LEASE_JOBS } = {}): void {
  for (let n = 0; n < waiting; n++) pace.waits()
  for (let n = 0; n < permits; n++) {
    pace.waits()
    pace.waited(fromMs + (n * 1_000) / permits)
  }
}

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
    grantFor(pace)
    expect(pace.jobsInHand(1_000)).toBe(LEASE_JOBS + 63)
  })

  it('grows fast while permits wait for jobs rather than jobs for permits, up to what the lane may', () => {
    const pace = createPace(() => 6_000)
    grantFor(pace, { waiting: 0 })
    expect(pace.jobsInHand(1_000)).toBe(LEASE_JOBS + 125)
    grantFor(pace, { fromMs: 1_000, waiting: 0, permits: 90 })
    expect(pace.jobsInHand(2_000)).toBe(LEASE_JOBS + 125)
  })

  it('is bounded', () => {
    expect(createPace(() => 10_000_000).jobsInHand(0)).toBe(LEASE_JOBS + MOST_IN_FLIGHT)
  })

  it('begins anew after a pause: what was granted before says nothing', () => {
    const pace = createPace(() => 6_000)
    grantFor(pace, { permits: 5 })
    expect(pace.jobsInHand(1_000)).toBe(LEASE_JOBS + 7)
    expect(pace.jobsInHand(3_000)).toBe(LEASE_JOBS + 125)
  })

  it('counts a wait that ended without a permit as no grant', () => {
    const pace = createPace(() => 6_000)
    pace.waits()
    pace.waited(null)
    expect(pace.jobsInHand(5_000)).toBe(LEASE_JOBS + 125)
  })
})
