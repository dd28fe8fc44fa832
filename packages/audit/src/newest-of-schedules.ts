/**
 * The campaigns that schedules go by: a night with nothing new makes none, so that all of a schedule's pictures may hang on one
 * that is months old. Of each schedule that there is, the newest that it has made, as its nights look for it themselves.
 */
import { type AppId, type CampaignId, isFault, type Records } from '@sunpress/core'
import { createScheduleLedger, newestRuns, type ScheduleLedger } from '@sunpress/ledger'

/** By campaign: the schedule's name. */
export async function newestOfSchedules(
  records: Records,
  app: AppId,
): Promise<ReadonlyMap<CampaignId, string>> {
  const schedules = createScheduleLedger(records)
  const found = new Map<CampaignId, string>()
  for await (const name of schedules.listNames()) {
    if (!(await mayBeOf(schedules, name, app))) continue
    const newest = await newestMade(schedules, name, app)
    if (newest !== null) found.set(newest, name)
  }
  return found
}

/** One that can't be read may be mended. */
async function mayBeOf(schedules: ScheduleLedger, name: string, app: AppId): Promise<boolean> {
  try {
    return (await schedules.read(name))?.app === app
  } catch (fault) {
    if (isFault(fault) && fault.code === 'ledger_damaged') return true
    throw fault
  }
}

async function newestMade(schedules: ScheduleLedger, name: string, app: AppId): Promise<CampaignId | null> {
  for await (const run of newestRuns(schedules, name))
    if (run.outcome === 'created' && run.app === app) return run.campaign
  return null
}
