import { expect, it } from 'vitest'
import { planToken } from './token-plan.js'

it('uses a token until a minute before its end, and renews it within its last five minutes', () => {
  expect(planToken(7_200_000, 0)).toEqual({ usableMs: 7_140_000, renewAfterMs: 6_970_000 })
  expect(planToken(7_200_000, 0.999).renewAfterMs).toBeGreaterThan(7_200_000 - 300_000)
})

it.each([1_000, 30_000, 345_000])('renews a token of %d ms before it is unusable', (lifetimeMs) => {
  const { usableMs, renewAfterMs } = planToken(lifetimeMs, 0.999)
  expect(renewAfterMs).toBeGreaterThan(0)
  expect(renewAfterMs).toBeLessThan(usableMs)
  expect(usableMs).toBeLessThan(lifetimeMs)
})

it('renews a token sooner where its lifetime is a guess, and uses it as long as any', () => {
  expect(planToken(7_200_000, 0, 300_000)).toEqual({ usableMs: 7_140_000, renewAfterMs: 300_000 })
})
