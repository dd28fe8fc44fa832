/** Moves a defective picture out of everybody's sight: a copy is kept under quarantine/, then the key is free to be printed again. */
import type { CampaignId, CodeStore, Records } from '@sunpress/core'
import type { Finding } from './finding.js'

export const quarantineKey = (campaign: CampaignId, key: string): string => `quarantine/${campaign}/${key}`

/** Where the copy stands; null when there was nothing to move. Safe to repeat. */
export async function quarantine(
  { codes, records }: { readonly codes: CodeStore; readonly records: Records },
  campaign: CampaignId,
  { key }: Pick<Finding, 'key'>,
): Promise<string | null> {
  const open = await codes.read(key)
  if (open === null) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of open.body) chunks.push(chunk)
  const kept = quarantineKey(campaign, key)
  await records.put(kept, Buffer.concat(chunks))
  await codes.remove(key)
  return kept
}
