/** Jobs of a campaign's scenes, from its rows in the ledger. */
import { type CampaignRecord, laneOf, lookWithPage, type SceneJob, type SceneRow } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { SceneReader } from './scene-reader.js'
import type { StandingHolds } from './standing-holds.js'

export interface JobsOf {
  readonly jobs: SceneJob[]
  /** Scenes that have none: their page is held. */
  readonly held: number
}

/** `again`: the scenes have been enqueued before. */
export async function jobsOf(
  reader: SceneReader,
  leader: Leadership,
  campaign: CampaignIndex,
  { scenes, holds, again }: { scenes: readonly number[]; holds: StandingHolds; again: boolean },
): Promise<JobsOf> {
  const record = await reader.record(campaign.id)
  const jobs: SceneJob[] = []
  for (const index of scenes) {
    const row = await reader.row(record.id, index)
    // Behind a canary's last round come scenes that have had none yet.
    const lastRound = campaign.lastRound && index < campaign.cursor
    if (!isHeld(record, row, holds)) jobs.push(toJob(leader, record, { index, row, again, lastRound }))
  }
  return { jobs, held: scenes.length - jobs.length }
}

/** By its own page, or else by its look's, if WeChat is asked to check it. */
const isHeld = ({ look }: CampaignRecord, { page }: SceneRow, holds: StandingHolds): boolean =>
  look.checkPath &&
  laneOf(look.endpoint) === 'unlimited' &&
  holds.ofPage(page ?? look.page, look.envVersion) !== null

interface Sent {
  readonly index: number
  readonly row: SceneRow
  readonly again: boolean
  readonly lastRound: boolean
}

export const toJob = (
  { app, generation }: Leadership,
  campaign: CampaignRecord,
  { index, row, again, lastRound }: Sent,
): SceneJob => ({
  app,
  generation,
  campaign: campaign.id,
  campaignCreatedAtMs: Date.parse(campaign.createdAt),
  index,
  scene: row.scene,
  look: lookWithPage(campaign.look, row.page),
  ...(row.page === undefined ? {} : { page: row.page }),
  ...(row.ref === undefined ? {} : { ref: row.ref }),
  ...(row.caption === undefined ? {} : { caption: row.caption }),
  again,
  lastRound,
  ...(campaign.heals === undefined ? {} : { heals: true as const }),
})
