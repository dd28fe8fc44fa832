/** The state of a schedule's source that needs no campaign: its newest one, where the campaign made of it has left nothing over. */
import { type RunRecord, runKeyOf, type SourceFingerprint } from '@sunpress/core'
import type { CampaignLedger, ScheduleLedger } from '@sunpress/ledger'

interface KnownParts {
  readonly schedules: Pick<ScheduleLedger, 'listRuns' | 'readRun'>
  readonly campaigns: Pick<CampaignLedger, 'readCampaign' | 'readReport' | 'isPurged'>
}

/** Nights that are looked at. */
const MOST_NIGHTS = 60

export async function knownSource(
  { schedules, campaigns }: KnownParts,
  { schedule, ...run }: RunRecord,
): Promise<SourceFingerprint | null> {
  const keys = (await schedules.listRuns(schedule)).filter((key) => key < runKeyOf(run)).slice(-MOST_NIGHTS)
  let newest: SourceFingerprint | null = null
  for (const key of keys.reverse()) {
    const before = await schedules.readRun({ schedule, key })
    if (before === null || before.app !== run.app) continue
    if (before.outcome === 'nothing_new') newest ??= before.source
    if (before.outcome !== 'created') continue
    newest ??= before.source
    return (await hasLeftNothing(campaigns, before)) ? newest : null
  }
  return null
}

/** Under way it goes on by itself; one that was cancelled, purged, or had scenes refused, is worth another. */
async function hasLeftNothing(
  { readCampaign, readReport, isPurged }: KnownParts['campaigns'],
  { campaign }: RunRecord,
): Promise<boolean> {
  if ((await readCampaign(campaign)) === null || (await isPurged(campaign))) return false
  const report = await readReport(campaign)
  return report === null || (report.state === 'completed' && report.counts.refused === 0)
}
