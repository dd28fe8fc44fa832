import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDistinct, shorten } from './distinct.js'

test('what was let in comes again for ever; the cap holds for what is new', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 60 })), fc.nat({ max: 10 }), (texts, cap) => {
      const distinct = createDistinct()
      const seen = new Set<string>()
      for (const text of texts) {
        const fits = seen.has(text) || seen.size < cap
        expect(distinct.admit(text, cap)).toBe(fits)
        if (fits) seen.add(text)
      }
      expect(distinct.size()).toBe(seen.size)
    }),
  )
})

test('long texts that differ in one character are two', () => {
  const distinct = createDistinct()
  expect(['a', 'b', 'a'].map((end) => distinct.admit('p'.repeat(1000) + end, 2))).toEqual([true, true, true])
  expect(distinct.admit('p'.repeat(1000), 2)).toBe(false)
})

test('a long text is shortened to its bound, and to another than its neighbour', () => {
  const [one, other] = ['a', 'b'].map((end) => shorten('p'.repeat(2000) + end, 256))
  expect(one).toHaveLength(256)
  expect(one?.startsWith('pppp')).toBe(true)
  expect(one).not.toBe(other)
  expect(shorten('short', 256)).toBe('short')
})
