/** Compares the ledger's open marks and control logs with the index: what a crash or a lost message left out is made good. */
import { type CampaignRecord, stateAfter } from '@sunpress/core'
import type { Leadership } from '@sunpress/feed'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import { openCampaignsOf } from './rebuild.js'

export async function reconcile(parts: UpkeepParts, leader: Leadership): Promise<StepEnd> {
  for await (const campaign of openCampaignsOf(parts, leader.app)) {
    const known = await parts.index.readCampaign(leader.app, campaign.id)
    const end = known === null ? await adopt(parts, leader, campaign) : DONE
    if (!end.ok) return end
    await applyCommands(parts, leader, campaign)
  }
  return DONE
}

/** A campaign that nobody announced; one with rows already has lost its index, and so have others perhaps. */
async function adopt(parts: UpkeepParts, leader: Leadership, campaign: CampaignRecord): Promise<StepEnd> {
  if ((await parts.manifests.listParts(campaign.id)).length > 0) return ended('unknown_campaign')
  const answer = await parts.index.open(leader.generation, campaign)
  return answer === 'rebuild' ? ended('no_generation') : DONE
}

async function applyCommands(
  parts: UpkeepParts,
  leader: Leadership,
  campaign: CampaignRecord,
): Promise<void> {
  const known = await parts.index.readCampaign(leader.app, campaign.id)
  for (const { seq, command } of await parts.campaigns.readControl(campaign.id)) {
    if (known === null || seq <= known.control) continue
    const state = stateAfter('running', command)
    if (state !== 'running' && state !== 'paused' && state !== 'cancelled') continue
    await parts.index.control(leader.app, leader.generation, campaign.id, { seq, state })
  }
}
