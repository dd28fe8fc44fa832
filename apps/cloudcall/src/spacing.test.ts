import { type AppId, type CampaignId, DEFAULT_LOOK, type PermitAsk, RetryFault } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createSpacing } from './spacing.js'
import { passingClock } from './testing/passing-clock.js'

const app = 'wx0123456789abcdef' as AppId
const ask: PermitAsk = {
  app,
  lane: 'unlimited',
  campaign: 'x' as CampaignId,
  call: { app, endpoint: 'getwxacodeunlimit', scene: 's=1', look: DEFAULT_LOOK },
}
const { signal } = new AbortController()

it('gives slots evenly, the first at once, also over the border of two slices', async () => {
  const clock = passingClock()
  const spacing = createSpacing(clock, 60)
  const startMs = clock.monotonic()
  spacing.begin(startMs + 2_500)
  const slots: number[] = []
  for (let i = 0; i < 3; i++) slots.push((await spacing.take(ask, signal)).dueMs - startMs)
  expect(spacing.isOver()).toBe(true)
  spacing.begin(startMs + 10_000)
  slots.push((await spacing.take(ask, signal)).dueMs - startMs)
  expect(slots).toEqual([0, 1_000, 2_000, 3_000])
})

it('gives no slot behind the end of a slice, and none before the first', async () => {
  const clock = passingClock()
  const spacing = createSpacing(clock, 60)
  const over = { kind: 'wait', code: 'slice_over' }
  await expect(spacing.take(ask, signal)).rejects.toMatchObject(over)
  spacing.begin(clock.monotonic() + 500)
  await spacing.take(ask, signal)
  await expect(spacing.take(ask, signal)).rejects.toMatchObject(over)
  expect(spacing.restMs()).toBe(1_000)
})

it('ends the slice at the first hold, for those who wait for their slot as well', async () => {
  const clock = passingClock()
  const spacing = createSpacing(clock, 60)
  spacing.begin(clock.monotonic() + 60_000)
  await spacing.take(ask, signal)
  const waiting = spacing.take(ask, signal)
  const hold = { reason: 'minute_quota', forMs: 9_000, message: 'slower' } as const
  await spacing.hold({ scope: 'lane', app, lane: 'unlimited' }, hold)
  await spacing.hold({ scope: 'app', app }, { ...hold, forMs: 1 })
  await expect(waiting).rejects.toMatchObject({ code: 'slice_over' })
  expect([spacing.isOver(), spacing.held()]).toMatchObject([true, { ...hold, target: { scope: 'lane' } }])
  spacing.begin(clock.monotonic() + 60_000)
  expect([spacing.isOver(), spacing.held()]).toEqual([false, null])
})

it('judges nothing better than it came', async () => {
  const spacing = createSpacing(passingClock(), 60)
  const permit = { dueMs: 0, notAfterMs: 0 }
  const fault = new RetryFault('upstream_-1', 'x')
  expect(await spacing.answered(ask, permit, fault)).toBe(fault)
  expect(await spacing.answered(ask, permit, 'passed')).toBeNull()
})
