/**
 * The first step of a purge: a mark behind which nothing opens the campaign again. A `retry` marks the campaign as open, then looks
 * for that mark; here it is the other way round, so that one of both sees the other.
 */
import { type CampaignId, isReopened } from '@sunpress/core'
import { beginPurging, type CampaignLedger, endPurging, readPurged, readPurging } from '@sunpress/ledger'
import type { PurgeParts } from './purge-campaign.js'

export type PurgeBegun =
  | 'begun'
  /** An earlier attempt was broken off. */
  | 'resumed'
  | 'purged'
  /** It has not ended, or was opened again: cancel it first. */
  | 'open'
  | 'unknown'

export async function beginPurge(
  parts: Pick<PurgeParts, 'campaigns' | 'records' | 'clock'>,
  id: CampaignId,
): Promise<PurgeBegun> {
  const { campaigns, records, clock } = parts
  const standing = await purgeStanding(parts, id)
  if (standing !== 'ended') return standing
  await beginPurging(records, id, new Date(clock.now()).toISOString())
  if (await isAtRest(campaigns, id)) return 'begun'
  await endPurging(records, id)
  return 'open'
}

/** What a purge would find. Changes nothing. */
export async function purgeStanding(
  { campaigns, records }: Pick<PurgeParts, 'campaigns' | 'records'>,
  id: CampaignId,
): Promise<'ended' | Exclude<PurgeBegun, 'begun'>> {
  if ((await campaigns.readCampaign(id)) === null) return 'unknown'
  if ((await readPurging(records, id)) !== null) return 'resumed'
  if ((await readPurged(records, id)) !== null) return 'purged'
  return (await isAtRest(campaigns, id)) ? 'ended' : 'open'
}

/** By its report and its commands, whatever purge has begun, and nobody has it marked as open. */
export async function isAtRest(campaigns: CampaignLedger, id: CampaignId): Promise<boolean> {
  if ((await campaigns.readOpenMark(id)) !== null) return false
  const report = await campaigns.readReport(id)
  return report !== null && !isReopened(report, await campaigns.readControl(id))
}
