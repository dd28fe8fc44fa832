/**
 * Which pictures stand rightly where another was published: those that a healing campaign printed again, whichever campaign it
 * healed. The ledger keeps one file for each; what a heal that was broken off has not recorded is read from the healing campaigns
 * themselves, once, when a picture differs.
 */
import type { AppId, CampaignId, CodeId } from '@sunpress/core'
import { isReplacement, listHealings, type Replacement, recordReplacement } from '@sunpress/ledger'
import { inParallel } from './in-parallel.js'
import type { AuditParts } from './verify-campaign.js'

export interface Replacements {
  accept(picture: Omit<Replacement, 'app'>): Promise<boolean>
}

type Parts = Pick<AuditParts, 'records' | 'campaigns' | 'manifests'>

/** For one verification: what is healed while it runs may be found to be changed. */
export function createReplacements(
  parts: Parts,
  { app, id }: { readonly app: AppId; readonly id: CampaignId },
): Replacements {
  let healed: ReadonlySet<string> | null = null
  return {
    async accept({ codeId, sha256 }) {
      if (await isReplacement(parts.records, { app, codeId, sha256 })) return true
      healed ??= await readHealed(parts, app, id)
      return healed.has(markOf(codeId, sha256))
    },
  }
}

const AT_ONCE = 16

/** Records the rows of a healing campaign that has ended. Safe to repeat. */
export const recordReplacements = (
  { records }: Pick<Parts, 'records'>,
  by: { readonly app: AppId; readonly id: CampaignId },
  rows: AsyncIterable<Omit<Replacement, 'app'>>,
): Promise<void> =>
  inParallel(rows, AT_ONCE, ({ codeId, sha256 }) =>
    recordReplacement(records, { app: by.app, codeId, sha256 }, by.id),
  )

const markOf = (codeId: CodeId, sha256: string): string => `${codeId} ${sha256}`

async function readHealed({ records, campaigns, manifests }: Parts, app: AppId, id: CampaignId) {
  const healings = new Set(await listHealings(records, id))
  for await (const other of campaigns.list()) {
    const record = await campaigns.readCampaign(other)
    if (record?.app === app && record.heals !== undefined) healings.add(other)
  }
  const marks = new Set<string>()
  for (const healing of healings) {
    for (const firstN of await manifests.listParts(healing)) {
      for (const row of await manifests.readPart(healing, firstN))
        if (row.type !== 'code.refused') marks.add(markOf(row.codeId, row.sha256))
    }
  }
  return marks
}
