import { expect, test } from 'vitest'
import { createTokenShelf } from './token-shelf.js'

test('a token is good until its time, or until it is ended', () => {
  const shelf = createTokenShelf()
  const [one, two] = [shelf.issue('wx1', 0, 10), shelf.issue('wx1', 0, 10)]
  expect(shelf.look(one, 9_999)).toEqual({ owner: 'wx1', state: 'valid' })
  expect(shelf.look(one, 10_000).state).toBe('expired')
  expect(shelf.end(5_000, 1_000, 'wx2')).toBe(0)
  expect(shelf.end(5_000, 1_000, 'wx1')).toBe(2)
  expect([4_999, 5_000].map((at) => shelf.look(two, at).state)).toEqual(['valid', 'overwritten'])
  expect(shelf.look('none', 0)).toEqual({ owner: '', state: 'unknown' })
})

test('an earlier end is not put off by a later one', () => {
  const shelf = createTokenShelf()
  const token = shelf.issue('wx1', 0, 1000)
  shelf.end(5_000, 0)
  shelf.end(9_000, 0)
  expect(shelf.look(token, 5_000).state).toBe('overwritten')
})

test('beyond its bound the oldest is unknown', () => {
  const shelf = createTokenShelf(2)
  const tokens = [1, 2, 3].map(() => shelf.issue('wx1', 0, 10))
  expect(tokens.map((token) => shelf.look(token, 0).state)).toEqual(['unknown', 'valid', 'valid'])
  expect(shelf.end(0, 0)).toBe(2)
})
