/**
 * Pictures that were printed again under a key that had been published, by any campaign that heals: a file for each,
 * `replaced/<appid>/<code id>/<sha256>.json`. Whoever verifies a campaign of the same code accepts them.
 */
import type { AppId, CampaignId, CodeId, Records } from '@sunpress/core'
import { toJson } from './files.js'
import { replacementFile } from './paths.js'

export interface Replacement {
  readonly app: AppId
  readonly codeId: CodeId
  /** Lower-case hex, of the picture that stands there since. */
  readonly sha256: string
}

/** Create-only, and safe to repeat. */
export async function recordReplacement(
  records: Records,
  { app, codeId, sha256 }: Replacement,
  by: CampaignId,
): Promise<void> {
  await records.putIfAbsent(replacementFile(app, codeId, sha256), toJson({ v: 1, campaign: by }))
}

export const isReplacement = async (
  records: Records,
  { app, codeId, sha256 }: Replacement,
): Promise<boolean> => (await records.read(replacementFile(app, codeId, sha256))) !== null
