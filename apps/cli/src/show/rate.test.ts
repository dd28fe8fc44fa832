import { expect, test } from 'vitest'
import { advanceRate, perSecond, type Rate, secondsLeft } from './rate.js'

const rateOf = (...samples: readonly (readonly [atMs: number, done: number])[]): Rate =>
  samples.reduce<Rate>((rate, [atMs, done]) => advanceRate(rate, { atMs, done }), [])

test('one sample tells no rate', () => {
  expect(perSecond([])).toBeNull()
  expect(perSecond(rateOf([0, 10]))).toBeNull()
})

test('the rate is that of the last ten seconds alone', () => {
  expect(perSecond(rateOf([0, 0], [20_000, 10_000], [25_000, 10_050], [30_000, 10_100]))).toBe(10)
})

test('a long pause between two samples leaves no rate of long ago', () => {
  expect(perSecond(rateOf([0, 0], [1000, 100], [60_000, 100]))).toBeNull()
})

test('counts that dip are a standstill', () => {
  expect(perSecond(rateOf([0, 300], [1000, 80]))).toBe(0)
})

test('what is left at a rate takes whole seconds; at a standstill nobody knows', () => {
  expect(secondsLeft(150, 75)).toBe(2)
  expect(secondsLeft(1, 75)).toBe(1)
  expect(secondsLeft(0, null)).toBe(0)
  expect(secondsLeft(10, 0)).toBeNull()
  expect(secondsLeft(10, null)).toBeNull()
})
