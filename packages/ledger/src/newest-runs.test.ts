import { type AppId, type CampaignId, type LocalDate, type RunRecord, runKeyOf } from '@sunpress/core'
import { expect, it } from 'vitest'
import { isNewer, newestRuns } from './newest-runs.js'

const run = (date: string, startedAt: string, manual?: string): RunRecord =>
  ({
    ...{ v: 1, schedule: 'stores', app: 'wx0123456789abcdef' as AppId, date: date as LocalDate, startedAt },
    ...{ manual: manual !== undefined, campaign: (manual ?? 'night') as CampaignId },
  }) as RunRecord

const EARLY = run('2026-11-20', '2026-11-20T08:00:00.000Z', '01B')
const NIGHT = run('2026-11-20', '2026-11-20T18:30:00.000Z')
const LATE = run('2026-11-20', '2026-11-20T19:00:00.000Z', '01A')
const BEFORE = run('2026-11-19', '2026-11-20T18:45:00.000Z')

async function newest(lastKey?: string): Promise<RunRecord[]> {
  const runs = [BEFORE, EARLY, NIGHT, LATE]
  const schedules = {
    listRuns: async () => runs.map(runKeyOf).sort(),
    readRun: async ({ key }: { key: string }) => runs.find((one) => runKeyOf(one) === key) ?? null,
  }
  const found: RunRecord[] = []
  for await (const one of newestRuns(schedules, 'stores', lastKey)) found.push(one)
  return found
}

it('runs come newest first, those that were asked for where they were begun', async () => {
  expect(await newest()).toEqual([LATE, NIGHT, EARLY, BEFORE])
  expect(await newest('2026-11-19')).toEqual([BEFORE])
})

it('a night is newer than what was asked for before it, and no later than itself', () => {
  expect([isNewer(NIGHT, EARLY), isNewer(EARLY, NIGHT), isNewer(NIGHT, NIGHT)]).toEqual([true, false, false])
})
