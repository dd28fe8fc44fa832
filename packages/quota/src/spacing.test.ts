import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LATE_MS, spacingUs, TRAVEL_ALLOWANCE_MS, WINDOW_MS } from './spacing.js'
import { mostInWindow } from './testing/most-in-window.js'

const limits = fc.integer({ min: 1, max: 400 })

describe('spacingUs', () => {
  it('keeps writes that are late by any amount allowed within the limit of every 60 s', () => {
    fc.assert(
      fc.property(limits, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (limit, chance) => {
        const next = () => chance.next().value as number
        const apartMs = spacingUs(limit) / 1_000
        let slotMs = 0
        const writes: number[] = []
        for (let i = 0; i < 2 * limit + 2; i++) {
          writes.push(slotMs + LATE_MS * next())
          slotMs += apartMs + (next() < 0.02 ? 3_000 * next() : 0)
        }
        expect(mostInWindow(writes, WINDOW_MS)).toBeLessThanOrEqual(limit)
      }),
      { numRuns: 60 },
    )
  })

  it('holds at worst: all that may be late bunched at the end of a stall, the others in time', () => {
    for (const limit of [1, 2, 5, 60, 999, 1_000, 5_000, 10_000]) {
      const apartMs = spacingUs(limit) / 1_000
      const writes = Array.from({ length: limit + 1 }, (_, i) => Math.max(LATE_MS, i * apartMs))
      const most = mostInWindow(writes, WINDOW_MS)
      expect(most).toBeLessThanOrEqual(limit)
      expect(most).toBeGreaterThanOrEqual(limit * 0.99 - 1)
    }
  })

  it('bears a clock of Redis that runs 500 ppm fast and a step of 20 ms', () => {
    const fast = WINDOW_MS + LATE_MS
    const stretchByRedis = fast * 1.0005 + 20 + 1
    for (const limit of [1, 7, 1_000, 5_000])
      expect((limit * spacingUs(limit)) / 1_000).toBeGreaterThan(stretchByRedis)
  })

  it('bears calls that travel differently on top of being written late', () => {
    for (const limit of [1, 60, 5_000]) {
      const apartMs = spacingUs(limit) / 1_000
      const arrivals = Array.from({ length: limit + 1 }, (_, i) =>
        Math.max(LATE_MS + TRAVEL_ALLOWANCE_MS, i * apartMs),
      )
      expect(mostInWindow(arrivals, WINDOW_MS)).toBeLessThanOrEqual(limit)
    }
  })

  it('gives up no more than half a percent of the quota, at every limit', () => {
    for (const limit of [1, 2, 60, 1_000, 5_000]) {
      const inWindow = (WINDOW_MS * 1_000) / spacingUs(limit)
      expect(inWindow / limit).toBeGreaterThan(0.995)
    }
  })

  it('rounds a broken limit down, except below one call a minute', () => {
    expect(spacingUs(2.9)).toBe(spacingUs(2))
    expect(spacingUs(0.5)).toBe(2 * spacingUs(1))
    expect(() => spacingUs(0)).toThrow(RangeError)
    expect(() => spacingUs(Number.NaN)).toThrow(RangeError)
  })
})
