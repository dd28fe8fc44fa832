/** Moves a defective picture out of everybody's sight: a copy is kept under quarantine/, then the key is free to be printed again. */
import type { CampaignId, CodeStore, Records } from '@sunpress/core'
import { readBytes, sha256Of } from './check-picture.js'
import type { Finding } from './finding.js'

/** All that was moved on behalf of a campaign. */
export const quarantineFolder = (campaign: CampaignId): string => `quarantine/${campaign}/`

/** `n`: a key that was defective more than once has several copies; the first has no number. */
export const quarantineKey = (campaign: CampaignId, key: string, n = 1): string =>
  `${quarantineFolder(campaign)}${key}${n === 1 ? '' : `.${n}`}`

export type Quarantined =
  /** `kept`: where the copy stands. */
  | { readonly kind: 'moved'; readonly kept: string }
  /** Nothing stands there. */
  | { readonly kind: 'gone' }
  /** Not what was found: somebody was faster, and what stands there now is left alone. */
  | { readonly kind: 'other' }

/** Looks again right before it moves, since a verification may have taken hours. Safe to repeat; overwrites no copy. */
export async function quarantine(
  { codes, records }: { readonly codes: CodeStore; readonly records: Records },
  campaign: CampaignId,
  { key, sha256 }: Pick<Finding, 'key' | 'sha256'>,
): Promise<Quarantined> {
  const bytes = await readBytes(codes, key)
  if (bytes === null) return { kind: 'gone' }
  if (sha256Of(bytes) !== sha256) return { kind: 'other' }
  const kept = await keepCopy(records, campaign, key, bytes)
  const still = await readBytes(codes, key)
  if (still !== null && sha256Of(still) !== sha256) return { kind: 'other' }
  await codes.remove(key)
  return { kind: 'moved', kept }
}

async function keepCopy(records: Records, campaign: CampaignId, key: string, bytes: Buffer): Promise<string> {
  for (let n = 1; ; n++) {
    const kept = quarantineKey(campaign, key, n)
    if ((await records.putIfAbsent(kept, bytes)) === 'created') return kept
    const there = await records.read(kept)
    if (there !== null && bytes.equals(there)) return kept
  }
}
