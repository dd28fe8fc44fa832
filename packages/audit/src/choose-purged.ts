/** Which campaigns a purge means. Changes nothing. */
import type { AppId, CampaignId, CampaignRecord } from '@sunpress/core'
import { purgeStanding } from './begin-purge.js'
import { newestOfSchedules } from './newest-of-schedules.js'
import type { PurgeParts } from './purge-campaign.js'

export interface PurgeWish {
  /** One campaign, or else all of `app` that have ended. */
  readonly campaign?: CampaignId | undefined
  readonly app?: AppId | undefined
  /** Only those that ended before, and by which no schedule goes; null: whenever they ended, and whatever they are. */
  readonly beforeMs: number | null
}

/** Old enough, and left alone. */
export interface StillUsed {
  readonly campaign: CampaignId
  /** Whose newest campaign it is: its nights may have had nothing new since. */
  readonly schedule: string
}

export interface Chosen {
  readonly campaigns: readonly CampaignRecord[]
  /** Meant, and not at rest: they have not ended, or were opened again. Of an app only the latter. */
  readonly open: readonly CampaignId[]
  /** Nothing of them is left. */
  readonly purged: readonly CampaignId[]
  readonly unknown: readonly CampaignId[]
  readonly used: readonly StillUsed[]
}

export async function choosePurged(
  parts: Pick<PurgeParts, 'campaigns' | 'records'>,
  { campaign, app, beforeMs }: PurgeWish,
): Promise<Chosen> {
  const { campaigns } = parts
  const chosen = {
    campaigns: [] as CampaignRecord[],
    open: [] as CampaignId[],
    purged: [] as CampaignId[],
    unknown: [] as CampaignId[],
    used: [] as StillUsed[],
  }
  const isByAge = campaign === undefined && app !== undefined && beforeMs !== null
  const newest = isByAge ? await newestOfSchedules(parts.records, app) : new Map<CampaignId, string>()
  for await (const id of campaign === undefined ? campaigns.list() : [campaign]) {
    const record = await campaigns.readCampaign(id)
    if (record === null && campaign !== undefined) chosen.unknown.push(id)
    if (record === null || (app !== undefined && record.app !== app)) continue
    const report = await campaigns.readReport(id)
    if (report === null && campaign === undefined) continue
    if (report !== null && beforeMs !== null && Date.parse(report.finishedAt) >= beforeMs) continue
    const standing = await purgeStanding(parts, id)
    const schedule = standing === 'ended' ? newest.get(id) : undefined
    if (schedule !== undefined) chosen.used.push({ campaign: id, schedule })
    else if (standing === 'ended' || standing === 'resumed') chosen.campaigns.push(record)
    else chosen[standing].push(id)
  }
  return chosen
}
