import { expect, it } from 'vitest'
import { dayName, dayOf } from './shanghai-day.js'

it('turns days at midnight in Shanghai, whatever the host thinks of it', () => {
  const lastMs = Date.parse('2026-11-20T23:59:59.999+08:00')
  expect(dayName(dayOf(lastMs))).toBe('2026-11-20')
  expect(dayName(dayOf(lastMs + 1))).toBe('2026-11-21')
})
