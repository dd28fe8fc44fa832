/** Which pictures of an app are still wanted by others, so that a purge leaves them. */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type CodeId,
  codeIdOf,
  HaltFault,
  lookWithPage,
  ROWS_PER_PART,
} from '@sunpress/core'
import { type CampaignLedger, lastNOf, missingRow, readPurged } from '@sunpress/ledger'
import { isAtRest } from './begin-purge.js'
import { createKeySet, type KeySet } from './key-set.js'
import type { PurgeParts } from './purge-campaign.js'

/**
 * Codes of an app that campaigns other than `purged` have published; or, as long as such a campaign has not ended, may publish at any
 * moment. Of a campaign that is at rest all rows stand in closed parts; one that is opened later is ruled out by openings.ts of the
 * ledger.
 */
export async function wantedCodes(
  { campaigns, manifests, records }: Pick<PurgeParts, 'campaigns' | 'manifests' | 'records'>,
  app: AppId,
  purged: ReadonlySet<CampaignId>,
  stepOn: () => Promise<void> = async () => {},
): Promise<KeySet> {
  const kept: { readonly record: CampaignRecord; readonly isOpen: boolean }[] = []
  for await (const id of campaigns.list()) {
    await stepOn()
    // One that was purged wants nothing, though a crash may have left its rows.
    if (purged.has(id) || (await readPurged(records, id)) !== null) continue
    const record = await campaigns.readCampaign(id)
    if (record === null) await checkNeverWas({ campaigns, manifests }, id, app)
    else if (record.app === app) kept.push({ record, isOpen: !(await isAtRest(campaigns, id)) })
  }
  const set = createKeySet(kept.reduce((sum, { record }) => sum + record.total, 0))
  for (const { record, isOpen } of kept) {
    const codes = isOpen ? askedCodes(campaigns, record) : publishedCodes({ campaigns, manifests }, record.id)
    for await (const some of codes) {
      await stepOn()
      for (const codeId of some) set.add(codeId)
    }
  }
  return set
}

type Ledgers = Pick<PurgeParts, 'campaigns' | 'manifests'>

/** Part by part. */
async function* publishedCodes({ campaigns, manifests }: Ledgers, id: CampaignId): AsyncGenerator<CodeId[]> {
  let next = 1
  for (const firstN of await manifests.listParts(id)) {
    // What stood in a part that is lost would be taken for unwanted.
    if (firstN !== next) missingRow(id, next)
    const rows = await manifests.readPart(id, firstN)
    yield rows.flatMap((row) => (row.type === 'code.refused' ? [] : [row.codeId]))
    next = firstN + rows.length
  }
  if (next <= (await leastRows({ campaigns, manifests }, id))) missingRow(id, next)
}

/** Of one that is at rest: its index names them all, its report those that hold. */
async function leastRows({ campaigns, manifests }: Ledgers, id: CampaignId): Promise<number> {
  const index = await manifests.readIndex(id)
  const counts = (await campaigns.readReport(id))?.counts
  return Math.max(index === null ? 0 : lastNOf(index), (counts?.published ?? 0) + (counts?.refused ?? 0))
}

/**
 * Scenes and an open mark alone are those of a campaign that never came to be: who may still be making it has been waited for. What
 * has come further and has no campaign.json has lost it, and what it published would be taken for unwanted.
 */
async function checkNeverWas({ campaigns, manifests }: Ledgers, id: CampaignId, app: AppId): Promise<void> {
  const [first] = await manifests.listParts(id)
  if (first === undefined && (await campaigns.readReport(id)) === null) return
  const rows = first === undefined ? [] : await manifests.readPart(id, first)
  if ((rows[0]?.app ?? app) !== app) return
  const trace = first === undefined ? 'its report' : 'its manifest'
  throw new HaltFault(
    'ledger_damaged',
    `campaigns/${id}/campaign.json is missing, though there is ${trace}: put it back first`,
  )
}

async function* askedCodes(
  campaigns: CampaignLedger,
  { id, app, look, total }: CampaignRecord,
): AsyncGenerator<CodeId[]> {
  for (let part = 0; part * ROWS_PER_PART < total; part++) {
    const rows = await campaigns.readPart(id, part)
    if (rows === null) throw lost(id, part)
    yield rows.map(({ scene, page }) => codeIdOf(app, scene, lookWithPage(look, page)))
  }
}

/** What it asks for would be taken for unwanted. */
const lost = (id: CampaignId, part: number): HaltFault =>
  new HaltFault(
    'ledger_damaged',
    `part ${part} of the scenes of ${id}, which is open, is missing: put it back first`,
  )
