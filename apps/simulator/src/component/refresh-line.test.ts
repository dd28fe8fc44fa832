import { expect, test } from 'vitest'
import { createRefreshLine } from './refresh-line.js'

test('a token that was replaced is good for 300 s, and brings the one in its place without another turn', () => {
  const line = createRefreshLine()
  const first = line.current()
  const second = line.turn(first, 'always', 1000)
  expect(second).not.toBe(first)
  expect(line.turn(first, 'always', 2000)).toBe(second)
  expect(line.accepts(first, 300_999)).toBe(true)
  expect(line.accepts(first, 301_000)).toBe(false)
  expect(line.accepts(second, 9e9)).toBe(true)
})

test('it turns at every refresh, at every n-th, or never', () => {
  const turns = (rotation: 'always' | 'never' | 'every:3') => {
    const line = createRefreshLine()
    return Array.from({ length: 6 }, () => {
      const before = line.current()
      return line.turn(before, rotation, 0) !== before
    })
  }
  expect(turns('always')).toEqual([true, true, true, true, true, true])
  expect(turns('every:3')).toEqual([false, false, true, false, false, true])
  expect(turns('never')).not.toContain(true)
})

test('each one replaced has its own 300 s, and a lost one none', () => {
  const line = createRefreshLine()
  const first = line.current()
  const second = line.renew(0)
  line.renew(1000)
  const good = (now: number) => [first, second].map((token) => line.accepts(token, now))
  expect(good(299_999)).toEqual([true, true])
  expect(good(300_000)).toEqual([false, true])
  expect(good(301_000)).toEqual([false, false])
  const current = line.current()
  line.lose()
  expect([current, second].map((token) => line.accepts(token, 1000))).toEqual([false, false])
})
