import { describe, expect, it } from 'vitest'
import { limitsFrom, lowerOf, type ObservedEndpoint, othersFrom } from './quota-told.js'

const NOON = Date.parse('2026-11-20T12:00:00+08:00')
const HOUR_MS = 3_600_000

const told = (over: Partial<ObservedEndpoint> = {}): ObservedEndpoint => ({
  daily: { limit: 10_000, used: 4_000, remain: 6_000 },
  rate: { calls: 3_000, perSeconds: 60 },
  ours: null,
  atMs: NOON,
  ...over,
})

describe('limits that WeChat tells', () => {
  it('are none before it told anything', () => {
    expect(limitsFrom([], NOON)).toEqual({ perMinute: null, perDay: null, remain: null })
    expect(limitsFrom([told({ daily: null, rate: null })], NOON)).toEqual({
      perMinute: null,
      perDay: null,
      remain: null,
    })
  })

  it('are the lowest of the endpoints that share a lane', () => {
    const other = told({ daily: { limit: 8_000, used: 0, remain: 8_000 }, rate: { calls: 5, perSeconds: 1 } })
    expect(limitsFrom([told(), other], NOON)).toEqual({ perMinute: 300, perDay: 8_000, remain: 6_000 })
  })

  it('forget what remains when the day turns in Shanghai, not in Greenwich', () => {
    expect(limitsFrom([told()], NOON + 11.9 * HOUR_MS).remain).toBe(6_000)
    expect(limitsFrom([told()], NOON + 12 * HOUR_MS)).toEqual({
      perMinute: 3_000,
      perDay: 10_000,
      remain: null,
    })
  })

  it('take a daily limit of 0 for none', () => {
    const none = told({ daily: { limit: 0, used: 0, remain: 0 } })
    expect(limitsFrom([none], NOON)).toMatchObject({ perDay: null, remain: null })
  })

  it('drive only where they are lower than the configuration', () => {
    expect([lowerOf(5_000, 3_000), lowerOf(5_000, 9_000), lowerOf(5_000, null)]).toEqual([
      3_000, 5_000, 5_000,
    ])
  })
})

describe("others' use", () => {
  const used = (count: number) => told({ daily: { limit: 1e6, used: count, remain: 1e6 - count } })

  it.each([
    [10_000, 10_000, 0],
    [10_100, 10_000, 0],
    [9_000, 10_000, 0],
    [10_200, 10_000, 98],
    [500, 0, 495],
  ])('with %i used and %i of ours is at least %i', (all, ours, others) => {
    expect(othersFrom({ ...used(all), ours }, NOON)).toBe(others)
  })

  it('is not known when WeChat told nothing today, or we did not know what was ours', () => {
    expect(othersFrom(used(500), NOON)).toBeNull()
    expect(othersFrom(null, NOON)).toBeNull()
    expect(othersFrom(told({ daily: null, ours: 0 }), NOON)).toBeNull()
    expect(othersFrom({ ...used(500), ours: 0 }, NOON + 24 * HOUR_MS)).toBeNull()
  })
})
