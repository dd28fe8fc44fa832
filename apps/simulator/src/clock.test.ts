import { expect, test } from 'vitest'
import { createClock, shanghaiDay } from './clock.js'

function clockWithTicks() {
  let ticks = 500
  const clock = createClock(1_000_000, () => ticks)
  return { clock, pass: (ms: number) => (ticks += ms) }
}

test('both times run with the ticks, fractions included', () => {
  const { clock, pass } = clockWithTicks()
  pass(12.25)
  expect([clock.real(), clock.now()]).toEqual([1_000_012.25, 1_000_012.25])
})

test('moving the virtual time leaves the real one alone', () => {
  const { clock, pass } = clockWithTicks()
  clock.set(5_000_000)
  clock.advance(60_000)
  pass(1)
  expect([clock.real(), clock.now(), clock.offset()]).toEqual([1_000_001, 5_060_001, 4_060_000])
})

test('a frozen clock stands still until it is moved or thawed, and goes on from there', () => {
  const { clock, pass } = clockWithTicks()
  clock.freeze(true)
  pass(100)
  expect(clock.now()).toBe(1_000_000)
  clock.advance(7)
  pass(100)
  expect(clock.now()).toBe(1_000_007)
  clock.freeze(false)
  pass(3)
  expect(clock.now()).toBe(1_000_010)
})

test('the day turns at midnight in Shanghai', () => {
  const midnight = Date.parse('2026-03-01T16:00:00Z')
  expect(shanghaiDay(midnight) - shanghaiDay(midnight - 1)).toBe(1)
  expect(shanghaiDay(midnight + 86_399_999)).toBe(shanghaiDay(midnight))
})
