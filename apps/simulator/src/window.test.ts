import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createWindow, WINDOW_KINDS, type WindowKind } from './window.js'

const MINUTE = 60_000

/** Arrivals in order, in whole milliseconds, over a few minutes. */
const arrivals = fc
  .array(fc.integer({ min: 0, max: 4 * MINUTE }), { maxLength: 60 })
  .map((times) => times.sort((a, b) => a - b))
const limit = fc.integer({ min: 1, max: 8 })

test('clock: each clock minute admits its first calls up to the limit and no more', () => {
  fc.assert(
    fc.property(arrivals, limit, (times, max) => {
      const window = createWindow('clock', max)
      const before = new Map<number, number>()
      for (const at of times) {
        const minute = Math.floor(at / MINUTE)
        const used = before.get(minute) ?? 0
        expect(window.admit(at)).toBe(used < max)
        before.set(minute, used + 1)
      }
    }),
  )
})

test('first-call: a minute begins with the first call after the last one ended', () => {
  fc.assert(
    fc.property(arrivals, limit, (times, max) => {
      const window = createWindow('first-call', max)
      let begin = Number.NEGATIVE_INFINITY
      let used = 0
      for (const at of times) {
        if (at >= begin + MINUTE) [begin, used] = [at, 0]
        expect(window.admit(at)).toBe(used < max)
        used++
      }
    }),
  )
})

test('sliding: a call is refused exactly when the 60 s before it already hold the limit', () => {
  fc.assert(
    fc.property(arrivals, limit, (times, max) => {
      const window = createWindow('sliding', max)
      const admitted: number[] = []
      for (const at of times) {
        const recent = admitted.filter((earlier) => at - earlier < MINUTE).length
        const entered = window.admit(at)
        expect(entered).toBe(recent < max)
        if (entered) admitted.push(at)
      }
    }),
  )
})

test('sliding: a call leaves room again after exactly 60 s, not sooner', () => {
  const window = createWindow('sliding', 1)
  expect([0, 59_999.9, 60_000].map((at) => window.admit(at))).toEqual([true, false, true])
})

test('bucket: between any two calls no more is admitted than the limit and what refills', () => {
  fc.assert(
    fc.property(arrivals, limit, (times, max) => {
      const window = createWindow('bucket', max)
      const admitted = times.filter((at) => window.admit(at))
      for (const [i, from] of admitted.entries()) {
        for (const [j, to] of admitted.entries()) {
          if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(max + ((to - from) * max) / MINUTE + 1e-6)
        }
      }
    }),
  )
})

test('bucket: is full at first and lets one more in each time one has refilled', () => {
  const window = createWindow('bucket', 6)
  expect(Array.from({ length: 7 }, () => window.admit(0))).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
    false,
  ])
  expect([window.admit(9_999), window.admit(10_001), window.admit(10_002)]).toEqual([false, true, false])
})

test('the kinds differ in what they make of a burst on either side of a minute', () => {
  const admitted = (kind: WindowKind) => {
    const window = createWindow(kind, 10)
    const times = [30_000, ...Array(12).fill(59_000), ...Array(12).fill(61_000), ...Array(12).fill(91_000)]
    return times.filter((at) => window.admit(at)).length
  }
  expect(Object.fromEntries(WINDOW_KINDS.map((kind) => [kind, admitted(kind)]))).toEqual({
    clock: 20,
    'first-call': 20,
    sliding: 11,
    bucket: 16,
  })
})

test.each(WINDOW_KINDS)(
  'a %s window under a lower limit keeps what was counted, and under a higher one has more room',
  (kind) => {
    const window = createWindow(kind, 4)
    const admitted = (n: number) => Array.from({ length: n }, () => window.admit(0)).filter(Boolean).length
    expect(admitted(2)).toBe(2)
    window.resize(3)
    expect(admitted(2)).toBe(1)
    window.resize(1000)
    expect(window.admit(60_000)).toBe(true)
  },
)
