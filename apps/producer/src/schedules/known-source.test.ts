import type { AppId, CampaignReport, LocalDate, RunRecord } from '@sunpress/core'
import { newCampaignId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { knownSource } from './known-source.js'

const source = { rows: 'a' } as unknown as NonNullable<RunRecord['source']>
const night = (date: string, outcome: RunRecord['outcome']): RunRecord =>
  ({
    ...{
      v: 1,
      schedule: 'night',
      app: 'wx0123456789abcdef' as AppId,
      date: date as LocalDate,
      manual: false,
    },
    ...{ campaign: newCampaignId(1), outcome, source },
  }) as RunRecord

const [FIRST, SECOND] = [night('2026-01-01', 'created'), night('2026-01-02', 'running')]

/** What is known on the second night, when the first one's campaign has ended so. */
const known = (end: { state?: CampaignReport['state']; refused?: number; isPurged?: boolean }) => {
  const { state = 'completed', refused = 0, isPurged = false } = end
  const parts = {
    schedules: { listRuns: async () => ['2026-01-01', '2026-01-02'], readRun: async () => FIRST },
    campaigns: {
      readCampaign: async () => ({}),
      readReport: async () => ({ state, counts: { refused } }),
      isPurged: async () => isPurged,
    },
  }
  return knownSource(parts as unknown as Parameters<typeof knownSource>[0], SECOND)
}

it('is the source of a campaign that has left nothing over', async () => {
  expect(await known({})).toBe(source)
})

it.each([{ state: 'cancelled' }, { refused: 1 }, { isPurged: true }] as const)(
  'is none when that campaign is worth another: %j',
  async (end) => {
    expect(await known(end)).toBeNull()
  },
)
