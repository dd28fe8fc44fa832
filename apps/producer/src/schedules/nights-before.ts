/** The nights of a schedule before a run, newest first, as far as they were for the same app. */
import { type CampaignId, type RunRecord, runKeyOf } from '@sunpress/core'
import type { ScheduleLedger } from '@sunpress/ledger'

type Nights = Pick<ScheduleLedger, 'listRuns' | 'readRun'>

/** That are looked at. */
const MOST_NIGHTS = 60

export async function* nightsBefore(
  schedules: Nights,
  { schedule, ...run }: RunRecord,
): AsyncGenerator<RunRecord> {
  const keys = (await schedules.listRuns(schedule)).filter((key) => key < runKeyOf(run)).slice(-MOST_NIGHTS)
  for (const key of keys.reverse()) {
    const before = await schedules.readRun({ schedule, key })
    if (before !== null && before.app === run.app) yield before
  }
}

/** The campaign of the newest night that made one. */
export async function campaignBefore(schedules: Nights, run: RunRecord): Promise<CampaignId | null> {
  for await (const before of nightsBefore(schedules, run))
    if (before.outcome === 'created') return before.campaign
  return null
}
