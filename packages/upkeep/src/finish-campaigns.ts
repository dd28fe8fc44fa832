/** Ends the campaigns that have nothing pending: index and report into the ledger first, then the index in Redis. */
import type { CampaignReport } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { ManifestPart } from '@sunpress/ledger'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'

export async function finishCampaigns(
  parts: UpkeepParts,
  leader: Leadership,
  open: readonly CampaignIndex[],
): Promise<StepEnd> {
  for (const { id } of open.filter(hasEnded)) {
    const campaign = await parts.index.readCampaign(leader.app, id)
    if (campaign === null || !hasEnded(campaign) || campaign.closed < campaign.n) continue
    const end = await finish(parts, leader, campaign)
    if (!end.ok) return end
  }
  return DONE
}

/** A paused campaign with nothing pending has ended too. */
const hasEnded = ({ state, counts }: CampaignIndex): boolean => state === 'cancelled' || counts.pending === 0

async function finish(parts: UpkeepParts, leader: Leadership, campaign: CampaignIndex): Promise<StepEnd> {
  const { id, counts } = campaign
  const state = campaign.state === 'cancelled' ? 'cancelled' : 'completed'
  const finishedAt = new Date(parts.clock.now()).toISOString()
  const firsts = await parts.manifests.listParts(id)
  await parts.manifests.writeIndex(id, toIndex(firsts, campaign.n))
  await parts.campaigns.writeReport({ v: 1, id, state, counts, finishedAt } satisfies CampaignReport)
  const answer = await parts.index.finish(leader, id, { state, finishedAt })
  if (answer !== 'finished') return ended(answer === 'fenced' ? 'fenced' : 'no_generation')
  await parts.campaigns.unmarkOpen(id)
  parts.observer.finished(leader, id, state)
  return DONE
}

/** Parts follow each other without a gap, so each one's rows end where the next begins. */
const toIndex = (firsts: readonly number[], lastN: number): ManifestPart[] =>
  firsts.map((firstN, at) => ({ firstN, rows: (firsts[at + 1] ?? lastN + 1) - firstN }))
