/** Campaigns from the newest to the oldest, over a store that lists from the first key on: ids begin with their time. */
import { type CampaignId, campaignIdFloor, isCampaignId, type Records } from '@sunpress/core'
import { listAll } from './files.js'
import { campaignFolder } from './paths.js'

const FIRST_STEP_MS = 3_600_000
/** Each step back is so many times as long as the one before. */
const GROWTH = 4

export async function* newestFirst(
  records: Records,
  nowMs: number,
  before?: CampaignId,
): AsyncGenerator<CampaignId> {
  let below: string = before ?? '~'
  for (let step = FIRST_STEP_MS, fromMs = nowMs; fromMs > 0; step *= GROWTH) {
    fromMs = nowMs - step
    const floor = campaignIdFloor(fromMs)
    if (floor >= below) continue
    yield* (await idsBetween(records, floor, below)).reverse()
    below = floor
  }
}

async function idsBetween(records: Records, floor: string, below: string): Promise<CampaignId[]> {
  const ids: CampaignId[] = []
  for await (const key of listAll(records, campaignFolder, true, `${campaignFolder}${floor}`)) {
    const id = key.slice(campaignFolder.length, -1)
    if (id >= below) break
    if (isCampaignId(id)) ids.push(id)
  }
  return ids
}
