/**
 * Pictures that were printed again under a key that had been published, by any campaign that heals: a file for each,
 * `replaced/<appid>/<code id>/<sha256>.json`. Whoever verifies a campaign of the same code accepts them, and so does a reader who
 * finds another picture than its row says. Rows of a manifest don't tell: that would be a look at the store for each of 100 million.
 */
import type { AppId, CampaignId, CodeId, Records } from '@sunpress/core'
import { listAll, toJson } from './files.js'
import { replacementFile, replacementFolder } from './paths.js'

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

/** Lower-case hex, of all that were printed again; mostly none. */
export async function listReplacements(records: Records, app: AppId, codeId: CodeId): Promise<string[]> {
  const found: string[] = []
  for await (const key of listAll(records, replacementFolder(app, codeId))) {
    const sha256 = /\/([0-9a-f]{64})\.json$/.exec(key)?.[1]
    if (sha256 !== undefined) found.push(sha256)
  }
  return found
}
