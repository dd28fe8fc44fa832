/**
 * Ends the campaigns that have nothing pending: index and report into the ledger first, both create-only, then the index in Redis.
 * A leader that was stopped in between, and is late, changes nothing.
 */
import { awaitsRetry, type CampaignId, type CampaignReport } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { ManifestPart } from '@sunpress/ledger'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import type { Aside } from './set-aside.js'

export async function finishCampaigns(
  parts: UpkeepParts,
  leader: Leadership,
  open: readonly CampaignIndex[],
  aside: Aside,
  onFinished: (id: CampaignId) => void,
): Promise<StepEnd> {
  for (const { id } of open.filter(hasEnded)) {
    if (aside.has(id)) continue
    const end = await aside.unlessDamaged(leader.app, id, () => finishOne(parts, leader, id, onFinished))
    if (end !== null && !end.ok) return end
  }
  return DONE
}

async function finishOne(
  parts: UpkeepParts,
  leader: Leadership,
  id: CampaignId,
  onFinished: (id: CampaignId) => void,
): Promise<StepEnd> {
  const campaign = await parts.index.readCampaign(leader.app, id)
  if (campaign === null || !hasEnded(campaign) || campaign.closed < campaign.n) return DONE
  if (await isToRetry(parts, campaign)) return DONE
  const end = await finish(parts, leader, campaign)
  if (end.ok) onFinished(id)
  return end
}

/** A paused campaign with nothing pending has ended too. */
const hasEnded = ({ state, counts }: CampaignIndex): boolean => state === 'cancelled' || counts.pending === 0

/** A retry has come that the reconciler has not carried out yet, or not decided: of what was cancelled it means nothing. */
const isToRetry = async ({ campaigns }: UpkeepParts, { id, retried }: CampaignIndex): Promise<boolean> =>
  awaitsRetry(await campaigns.readControl(id), retried)

async function finish(parts: UpkeepParts, leader: Leadership, campaign: CampaignIndex): Promise<StepEnd> {
  const { id, counts, retried } = campaign
  const state = campaign.state === 'cancelled' ? 'cancelled' : 'completed'
  const finishedAt = new Date(parts.clock.now()).toISOString()
  const firsts = await parts.manifests.listParts(id)
  // A leader that was late has closed rows that this index knows nothing of.
  if ((firsts.at(-1) ?? 0) > campaign.n) return ended('part_conflict')
  await parts.manifests.writeIndex(id, toIndex(firsts, campaign.n))
  const ours: CampaignReport = { v: 1, id, state, counts, finishedAt, retried }
  // Another leader's, where one has died, or was stopped, behind its own.
  const report = await parts.campaigns.writeReport(ours)
  const end = { state: report.state, finishedAt: report.finishedAt }
  const answer = await parts.index.finish(leader, id, end)
  if (answer !== 'finished') return ended(answer === 'fenced' ? 'fenced' : 'no_generation')
  await parts.bits.removeCheckpoints(id)
  await parts.campaigns.closeEnded(id, leader.app)
  parts.observer.finished(leader, id, report.state)
  return DONE
}

/** Parts follow each other without a gap, so each one's rows end where the next begins. */
const toIndex = (firsts: readonly number[], lastN: number): ManifestPart[] =>
  firsts.map((firstN, at) => ({ firstN, rows: (firsts[at + 1] ?? lastN + 1) - firstN }))
