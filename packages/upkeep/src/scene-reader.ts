/** Reads campaigns and rows from the ledger, keeping the parts that feeding is at. */
import { type CampaignId, type CampaignRecord, HaltFault, ROWS_PER_PART, type SceneRow } from '@sunpress/core'
import type { CampaignLedger } from '@sunpress/ledger'

export interface SceneReader {
  /** Throws HaltFault when the ledger doesn't hold it: it is older than any mention of it. */
  record(id: CampaignId): Promise<CampaignRecord>
  row(id: CampaignId, index: number): Promise<SceneRow>
}

/** About 2 MB each. */
const PARTS_KEPT = 8
const RECORDS_KEPT = 1_000

export function createSceneReader(ledger: CampaignLedger): SceneReader {
  const records = new Map<string, Promise<CampaignRecord>>()
  const parts = new Map<string, Promise<readonly SceneRow[]>>()
  return {
    record: (id) =>
      keep(
        records,
        RECORDS_KEPT,
        id,
        async () => (await ledger.readCampaign(id)) ?? missing(`campaign.json of ${id}`),
      ),
    async row(id, index) {
      const part = Math.floor(index / ROWS_PER_PART)
      const name = `${id}/${part}`
      const rows = await keep(
        parts,
        PARTS_KEPT,
        name,
        async () => (await ledger.readPart(id, part)) ?? missing(`part ${name}`),
      )
      return rows[index % ROWS_PER_PART] ?? missing(`row ${index} of ${id}`)
    },
  }
}

/** What the map holds or is being read already, or what `read` gives; the one that was added first makes room. */
function keep<T>(
  kept: Map<string, Promise<T>>,
  most: number,
  name: string,
  read: () => Promise<T>,
): Promise<T> {
  const there = kept.get(name)
  if (there !== undefined) return there
  const value = read()
  kept.set(name, value)
  // What failed is read again by whoever asks next.
  value.catch(() => {
    if (kept.get(name) === value) kept.delete(name)
  })
  const [oldest] = kept.keys()
  if (kept.size > most && oldest !== undefined) kept.delete(oldest)
  return value
}

function missing(what: string): never {
  throw new HaltFault('ledger_missing', `The ledger does not hold ${what}`)
}
