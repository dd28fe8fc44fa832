/** Which campaigns have printed pictures of another one again, since they were found defective: `campaigns/<id>/healed/<heal>.json`. */
import { type CampaignId, isCampaignId, type Records } from '@sunpress/core'
import { listAll, toJson } from './files.js'
import { healMark, healsFolder } from './paths.js'

/** Written before the healing campaign comes to be: a mark without a campaign means nothing. */
export const markHealing = (records: Records, healed: CampaignId, by: CampaignId): Promise<void> =>
  records.put(healMark(healed, by), toJson({ v: 1 }))

/** Oldest first. */
export async function listHealings(records: Records, healed: CampaignId): Promise<CampaignId[]> {
  const folder = healsFolder(healed)
  const found: CampaignId[] = []
  for await (const key of listAll(records, folder)) {
    const id = key.slice(folder.length, -'.json'.length)
    if (isCampaignId(id)) found.push(id)
  }
  return found
}
