/**
 * Builds an app's index anew from the ledger: open campaigns, their closed rows, their commands. Whatever was published but
 * stands in no closed part is found in the store again and published again, under the same id, key and checksum.
 */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type Generation,
  newGeneration,
} from '@sunpress/core'
import type { CampaignProgress } from '@sunpress/feed'
import { stateByCommands } from './control-state.js'
import type { UpkeepParts } from './parts.js'

/** The new generation and the campaigns in it; null when another leader has taken over. */
export async function rebuild(
  parts: UpkeepParts,
  app: AppId,
  fence: number,
): Promise<{ generation: Generation; campaigns: number } | null> {
  const runId = await parts.readRunId()
  if ((await parts.index.beginRebuild(app, fence)) === 'fenced') return null
  const loaded = new Set<CampaignId>()
  for await (const campaign of openCampaignsOf(parts, app)) {
    const { progress, bits } = await readProgress(parts, campaign)
    if ((await parts.index.loadCampaign(app, fence, campaign, progress, bits)) === 'fenced') return null
    loaded.add(campaign.id)
  }
  for (const { id } of await parts.index.readOpen(app)) {
    if (!loaded.has(id) && (await parts.index.forgetCampaign(app, fence, id)) === 'fenced') return null
  }
  const generation = newGeneration(parts.clock.now())
  const answer = await parts.index.finishRebuild(app, fence, generation, runId)
  return answer === 'fenced' ? null : { generation, campaigns: loaded.size }
}

/** Open campaigns whose campaign.json stands; the mark of one that has its report is taken away. */
export async function* openCampaignsOf(parts: UpkeepParts, app: AppId): AsyncGenerator<CampaignRecord> {
  for await (const id of parts.campaigns.listOpen()) {
    const mark = await parts.campaigns.readOpenMark(id)
    if (mark?.app !== app) continue
    const campaign = await parts.campaigns.readCampaign(id)
    if (campaign === null) continue
    if ((await parts.campaigns.readReport(id)) === null) yield campaign
    else await parts.campaigns.unmarkOpen(id)
  }
}

async function readProgress(
  parts: UpkeepParts,
  campaign: CampaignRecord,
): Promise<{ progress: CampaignProgress; bits: Buffer }> {
  const bits = Buffer.alloc(Math.ceil(campaign.total / 8))
  let [published, reused, refused, closed] = [0, 0, 0, 0]
  for (const firstN of await parts.manifests.listParts(campaign.id)) {
    for (const row of await parts.manifests.readPart(campaign.id, firstN)) {
      if (row.type === 'code.refused') refused++
      else published++
      if (row.type === 'code.published' && row.reused) reused++
      setBit(bits, row.index)
      closed = Math.max(closed, row.n)
    }
  }
  const { state: told, control } = stateByCommands(await parts.campaigns.readControl(campaign.id))
  // A cancel that came when nothing was pending changes nothing.
  const state = published + refused === campaign.total ? 'running' : told
  return { progress: { state, published, reused, refused, closed, control }, bits }
}

/** Redis counts bits from the most significant one. */
function setBit(bits: Buffer, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7))
}
