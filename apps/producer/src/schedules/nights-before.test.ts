import type { AppId, RunRecord } from '@sunpress/core'
import { newCampaignId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { campaignBefore } from './nights-before.js'

const mine = 'wx0123456789abcdef' as AppId
const night = (date: string, outcome: RunRecord['outcome'], app = mine) =>
  ({ schedule: 'night', app, date, manual: false, campaign: newCampaignId(1), outcome }) as RunRecord

const before = (...nights: RunRecord[]) => {
  const schedules = {
    listRuns: async () => nights.map(({ date }) => date as string),
    readRun: async ({ key }: { key: string }) => nights.find(({ date }) => date === key) ?? null,
  }
  return campaignBefore(schedules as Parameters<typeof campaignBefore>[0], night('2026-01-09', 'running'))
}

it('the campaign before is that of the newest night that made one', async () => {
  const [first, second] = [night('2026-01-01', 'created'), night('2026-01-02', 'created')]
  expect(await before(first, second, night('2026-01-03', 'nothing_new'), night('2026-01-04', 'failed'))).toBe(
    second.campaign,
  )
})

it('nights of another app, the night itself and later ones don’t count', async () => {
  const other = night('2026-01-01', 'created', 'wxaaaaaaaaaaaaaaaa' as AppId)
  expect(await before(other, night('2026-01-09', 'created'), night('2026-01-10', 'created'))).toBeNull()
})

it('a run that was asked for on the same day, before the night, is one before it', async () => {
  const asked = { ...night('2026-01-09', 'created'), manual: true, startedAt: '2026-01-09T08:00:00.000Z' }
  const now = { ...night('2026-01-09', 'running'), startedAt: '2026-01-09T18:00:00.000Z' }
  const keys = [`2026-01-09.${asked.campaign}`, '2026-01-09']
  const schedules = {
    listRuns: async () => keys,
    readRun: async ({ key }: { key: string }) => (key === keys[0] ? asked : now),
  }
  const of = (run: RunRecord) => campaignBefore(schedules as Parameters<typeof campaignBefore>[0], run)
  expect([await of(now), await of(asked)]).toEqual([asked.campaign, null])
})
