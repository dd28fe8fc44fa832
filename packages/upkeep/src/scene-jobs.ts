/** Jobs of a campaign's scenes, from its rows in the ledger. */
import { type CampaignRecord, laneOf, lookWithPage, type SceneJob, type SceneRow } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { SceneReader } from './scene-reader.js'
import { pageName, type StandingHolds } from './standing-holds.js'

export interface JobsOf {
  readonly jobs: SceneJob[]
  /** Scenes that have none, by the name of their page: it is held. */
  readonly held: ReadonlyMap<string, number>
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
  const held = new Map<string, number>()
  for (const index of scenes) {
    const row = await reader.row(record.id, index)
    // Behind a canary's last round come scenes that have had none yet.
    const lastRound = campaign.lastRound && index < campaign.cursor
    const page = heldPageOf(record, row, holds)
    if (page === null) jobs.push(toJob(leader, record, { index, row, again, lastRound }))
    else held.set(page, (held.get(page) ?? 0) + 1)
  }
  return { jobs, held }
}

/** Its own page, or else its look's, if that is held and WeChat is asked to check it. */
function heldPageOf({ look }: CampaignRecord, row: SceneRow, holds: StandingHolds): string | null {
  if (!look.checkPath || laneOf(look.endpoint) !== 'unlimited') return null
  const page = pageName(row.page ?? look.page, look.envVersion)
  return holds.isPageHeld(page) ? page : null
}

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
