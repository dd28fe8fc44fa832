/** The runs of a schedule that were begun before a run, newest first, as far as they were for the same app. */
import { type CampaignId, type RunRecord, runKeyOf } from '@sunpress/core'
import { isNewer, newestRuns, type ScheduleLedger } from '@sunpress/ledger'

type Nights = Pick<ScheduleLedger, 'listRuns' | 'readRun'>

/** That are looked at. */
const MOST_NIGHTS = 60

export async function* nightsBefore(schedules: Nights, run: RunRecord): AsyncGenerator<RunRecord> {
  let looked = 0
  for await (const before of newestRuns(schedules, run.schedule, runKeyOf(run))) {
    if (before.app === run.app && isNewer(run, before)) yield before
    if (++looked === MOST_NIGHTS) return
  }
}

/** The campaign of the newest run that made one. */
export async function campaignBefore(schedules: Nights, run: RunRecord): Promise<CampaignId | null> {
  for await (const before of nightsBefore(schedules, run))
    if (before.outcome === 'created') return before.campaign
  return null
}
