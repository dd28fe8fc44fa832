/** The state of a schedule's source that needs no campaign: its newest one, where the campaign made of it has left nothing over. */
import type { RunRecord, SourceFingerprint } from '@sunpress/core'
import type { CampaignLedger, ScheduleLedger } from '@sunpress/ledger'
import { nightsBefore } from './nights-before.js'

interface KnownParts {
  readonly schedules: Pick<ScheduleLedger, 'listRuns' | 'readRun'>
  readonly campaigns: Pick<CampaignLedger, 'readCampaign' | 'readReport' | 'isPurged'>
}

export async function knownSource(
  { schedules, campaigns }: KnownParts,
  run: RunRecord,
): Promise<SourceFingerprint | null> {
  let newest: SourceFingerprint | null = null
  for await (const before of nightsBefore(schedules, run)) {
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
