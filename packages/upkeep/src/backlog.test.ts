import type { CampaignIndex } from '@sunpress/feed'
import { expect, it } from 'vitest'
import { createBacklog } from './backlog.js'

const campaign = (changes: Partial<CampaignIndex>): CampaignIndex =>
  ({
    ...{ id: 'c', priority: 5, cursor: 100, fed: 100, n: 0, base: 0, parked: 0 },
    counts: { total: 100, pending: 100 },
    ...changes,
  }) as Partial<CampaignIndex> as CampaignIndex
const pending = (count: number) => ({ total: 100, pending: count }) as CampaignIndex['counts']
const backlog = (aside = 0, left = Number.POSITIVE_INFINITY) =>
  createBacklog(
    () => aside,
    () => left,
  )

it('expects a job for each scene that was fed and has neither ended nor been parked, nor waits for its page', () => {
  expect(backlog().expectedOf(campaign({ n: 40, base: 10 }))).toBe(70)
  expect(backlog().expectedOf(campaign({ n: 40, base: 10, parked: 20 }))).toBe(50)
  expect(backlog(45).expectedOf(campaign({ n: 40, base: 10, parked: 20 }))).toBe(5)
  expect(backlog(99).expectedOf(campaign({ n: 40 }))).toBe(0)
})

it('gives the parked scenes their last round when nothing else is left but what is held', () => {
  const parked = { parked: 5, counts: pending(5) }
  expect(backlog().isLastRoundDue(campaign(parked))).toBe(true)
  expect(backlog().isLastRoundDue(campaign({ ...parked, counts: pending(6) }))).toBe(false)
  expect(backlog(1).isLastRoundDue(campaign({ ...parked, counts: pending(6) }))).toBe(true)
  expect(backlog().isLastRoundDue(campaign({ ...parked, cursor: 99 }))).toBe(false)
  expect(backlog().isLastRoundDue(campaign({ counts: pending(0) }))).toBe(false)
})

it('gives the parked scenes of a canary their last round when nothing else of it is left', () => {
  const early = campaign({ cursor: 20, fed: 20, n: 18, parked: 2, counts: pending(82) })
  expect(backlog(0, 0).isLastRoundDue(early)).toBe(true)
  expect(backlog(0, 1).isLastRoundDue(early)).toBe(false)
  expect(backlog(0, 0).isLastRoundDue({ ...early, n: 17 })).toBe(false)
  expect(backlog(1, 0).isLastRoundDue({ ...early, n: 17 })).toBe(true)
  expect(backlog(0, 0).isLastRoundDue({ ...early, n: 20, parked: 0 })).toBe(false)
  expect(backlog().isLastRoundDue(early)).toBe(false)
})

it('finds what is pending though all was fed, whatever the counts say', () => {
  expect(backlog().hasUnsent(campaign({ counts: pending(3), fed: 0 }))).toBe(true)
  expect(backlog(3).hasUnsent(campaign({ counts: pending(3) }))).toBe(false)
  expect(backlog().hasUnsent(campaign({ counts: pending(3), parked: 3 }))).toBe(false)
})

it('claims no more of the window than its canary lets pass', () => {
  const early = campaign({ cursor: 20, fed: 20, n: 15 })
  expect(backlog().claimOf(early).wants).toBe(85)
  expect(backlog(0, 3).claimOf(early).wants).toBe(8)
})
