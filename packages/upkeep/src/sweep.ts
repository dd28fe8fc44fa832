/** Takes away what crashes left behind: temporary files, and open marks of campaigns that were never finished writing. */
import { type CampaignId, campaignIdFloor } from '@sunpress/core'
import type { UpkeepParts } from './parts.js'

/** No put takes so long. */
const TEMPORARY_MS = 3_600_000
/** No upload takes so long. */
const UNWRITTEN_MS = 86_400_000

export async function sweep(parts: UpkeepParts): Promise<void> {
  await parts.sweepTemporaries(TEMPORARY_MS)
  for await (const id of parts.campaigns.listOpen()) {
    if (isOld(parts, id) && (await parts.campaigns.readCampaign(id)) === null)
      await parts.campaigns.unmarkOpen(id)
  }
}

const isOld = (parts: UpkeepParts, id: CampaignId): boolean =>
  id < campaignIdFloor(parts.clock.now() - UNWRITTEN_MS)
