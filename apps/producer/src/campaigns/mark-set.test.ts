import { expect, it } from 'vitest'
import { createMarkSet } from './mark-set.js'

/** Spread as digests are. */
const markOf = (n: number): number => (Math.imul(n, 2_654_435_761) >>> 0) * 262_144 + ((n * 40_503) % 262_144)

it('knows what it was told, and nothing else, while it grows', () => {
  const marks = createMarkSet()
  for (let n = 1; n <= 100_000; n += 2) {
    expect(marks.has(markOf(n))).toBe(false)
    marks.add(markOf(n))
    marks.add(markOf(n))
  }
  expect(marks.size).toBe(50_000)
  for (let n = 1; n <= 100_000; n++) if (marks.has(markOf(n)) !== (n % 2 === 1)) throw new Error(`${n}`)
})

it('takes a number whose bits are all 0', () => {
  const marks = createMarkSet()
  expect(marks.has(0)).toBe(false)
  marks.add(0)
  expect([marks.has(0), marks.has(1)]).toEqual([true, false])
})

it('takes at most 11 bytes for each of many', () => {
  const marks = createMarkSet()
  for (let n = 1; n <= 400_000; n++) marks.add(markOf(n))
  expect(marks.size).toBeGreaterThan(399_990)
  expect(marks.bytes / marks.size).toBeLessThan(11)
})
