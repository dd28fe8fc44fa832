/**
 * Builds an app's index anew from the ledger: open campaigns, their closed rows, their commands. Whatever was published but
 * stands in no closed part is found in the store again and published again, under the same id, key and checksum.
 */
import {
  type AppId,
  awaitsRetry,
  type CampaignId,
  type CampaignRecord,
  type Generation,
  newGeneration,
} from '@sunpress/core'
import type { CampaignProgress } from '@sunpress/feed'
import { stateByCommands } from './control-state.js'
import { inPool } from './in-pool.js'
import type { UpkeepParts } from './parts.js'
import { readProgress } from './progress.js'
import { isOfTheCampaign } from './set-aside.js'

/** The new generation and the campaigns in it; null when another leader has taken over. */
export async function rebuild(
  parts: UpkeepParts,
  app: AppId,
  fence: number,
): Promise<{ generation: Generation; campaigns: number } | null> {
  const runId = await parts.readRunId()
  if ((await parts.index.beginRebuild(app, fence)) === 'fenced') return null
  const loaded = new Set<CampaignId>()
  for await (const some of batchesOf(parts.campaigns.listOpen(), AT_ONCE)) {
    const ends = await inPool(some, AT_ONCE, (id) => loadUnlessDamaged(parts, app, fence, id))
    if (ends.includes('fenced')) return null
    for (const [at, id] of some.entries()) if (ends[at] === 'loaded') loaded.add(id)
  }
  for (const { id } of await parts.index.readOpen(app)) {
    if (!loaded.has(id) && (await parts.index.forgetCampaign(app, fence, id)) === 'fenced') return null
  }
  const generation = newGeneration(parts.clock.now())
  const answer = await parts.index.finishRebuild(app, fence, generation, runId)
  return answer === 'fenced' ? null : { generation, campaigns: loaded.size }
}

/** Campaigns read at once: thousands may be open, and the bits of a large one are 12.5 MB. */
const AT_ONCE = 8

/** A campaign whose files can't be read is left out, and told of: the app's others are there. The reconciler looks for it again. */
async function loadUnlessDamaged(
  parts: UpkeepParts,
  app: AppId,
  fence: number,
  id: CampaignId,
): Promise<'loaded' | 'fenced' | 'none'> {
  try {
    return await loadOne(parts, app, fence, id)
  } catch (fault) {
    if (!isOfTheCampaign(fault)) throw fault
    parts.observer.failed(app, fault)
    return 'none'
  }
}

/** `none`: it isn't this app's, was never finished writing, or has ended; the mark of one that has ended is taken away. */
async function loadOne(
  parts: UpkeepParts,
  app: AppId,
  fence: number,
  id: CampaignId,
): Promise<'loaded' | 'fenced' | 'none'> {
  const mark = await parts.campaigns.readOpenMark(id)
  if (mark?.app !== app) return 'none'
  const campaign = await parts.campaigns.readCampaign(id)
  if (campaign === null) return 'none'
  if (await parts.campaigns.hasEnded(id)) {
    await parts.campaigns.closeEnded(id, app)
    return 'none'
  }
  const { progress, bits } = await readStanding(parts, campaign)
  return await parts.index.loadCampaign(app, fence, campaign, progress, bits)
}

async function* batchesOf<T>(items: AsyncIterable<T>, most: number): AsyncGenerator<T[]> {
  let batch: T[] = []
  for await (const item of items) {
    if (batch.push(item) < most) continue
    yield batch
    batch = []
  }
  yield batch
}

/** What the index is to hold of a campaign, by the ledger alone. */
export async function readStanding(
  parts: UpkeepParts,
  campaign: CampaignRecord,
): Promise<{ progress: CampaignProgress; bits: Buffer }> {
  const [log, report] = [
    await parts.campaigns.readControl(campaign.id),
    await parts.campaigns.readReport(campaign.id),
  ]
  const { progress } = await readProgress(parts, campaign)
  const { bits, n: closed, published, reused, refused, retried } = progress
  const { state: told, control, priority } = stateByCommands(log, report)
  const isPending = published + refused < campaign.total
  // A cancel that came when nothing was pending changed nothing, unless a retry was to be carried out.
  const isVoid = told === 'cancelled' && !isPending && !awaitsRetry(log, retried)
  const state = isVoid ? 'running' : told
  return { progress: { state, published, reused, refused, closed, control, retried, priority }, bits }
}
