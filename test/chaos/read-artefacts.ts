/** Reads what a run left: the ledger and the pictures from the store, the calls from the simulator. */
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { CampaignId, CodeStore, FeedEvent, Records } from '@sunpress/core'
import { createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import type { ApiArtefacts, Artefacts, Call, CampaignArtefacts } from './check-guarantees.js'

export interface Run {
  readonly records: Records
  readonly codes: CodeStore
  readonly adminUrl: string
  /** Of a producer; null: nobody is asked. */
  readonly apiUrl: string | null
  /** Of a file store: then names are what its folders hold, not what the store says of itself. */
  readonly folder: string | null
}

export async function readArtefacts(run: Run): Promise<Artefacts> {
  const ledger = createCampaignLedger(run.records)
  const ids: CampaignId[] = []
  for await (const id of ledger.list()) ids.push(id)
  const keys = run.folder === null ? await listKeys(run.records) : await filesUnder(run.folder, 'codes')
  const pictures = await Promise.all(keys.map(async (key) => [key, await readWhole(run.codes, key)] as const))
  const { keys: open } = await run.records.list('open/')
  return {
    campaigns: await Promise.all(
      ids.map(async (id) => ({
        ...(await readCampaign(run.records, id)),
        api: run.apiUrl === null ? null : await readApi(run.apiUrl, id),
      })),
    ),
    pictures: new Map(pictures),
    open,
    calls: await readCalls(run.adminUrl),
  }
}

async function readCampaign(records: Records, id: CampaignId): Promise<Omit<CampaignArtefacts, 'api'>> {
  const ledger = createCampaignLedger(records)
  const manifests = createManifestLedger(records)
  const record = await ledger.readCampaign(id)
  if (record === null) throw new Error(`${id} has no campaign.json`)
  const rows = []
  for (let part = 0; rows.length < record.total; part++) {
    const more = await ledger.readPart(id, part)
    if (more === null) throw new Error(`${id} has no part ${part}`)
    rows.push(...more)
  }
  const firsts = await manifests.listParts(id)
  const parts = await Promise.all(
    firsts.map(async (firstN) => ({ firstN, events: await manifests.readPart(id, firstN) })),
  )
  return { record, rows, parts, index: await manifests.readIndex(id), report: await ledger.readReport(id) }
}

/** What the API says of a campaign, its rows page by page. */
async function readApi(url: string, id: CampaignId): Promise<ApiArtefacts> {
  const campaign = `${url}/v1/campaigns/${id}`
  return {
    campaign: await getJson<ApiArtefacts['campaign']>(campaign),
    manifest: await readPages(`${campaign}/manifest`),
    failures: await readPages(`${campaign}/failures`),
  }
}

async function readPages(url: string): Promise<FeedEvent[]> {
  const items: FeedEvent[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from = cursor === '' ? '' : `&cursor=${cursor}`
    const page: Page = await getJson(`${url}?limit=40${from}`)
    items.push(...page.items)
    cursor = page.nextCursor
  }
  return items
}

interface Page {
  readonly items: FeedEvent[]
  readonly nextCursor: string | null
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** Temp files aside: they begin with a dot and no server gives them away. */
async function filesUnder(root: string, folder: string): Promise<string[]> {
  const options = { recursive: true, withFileTypes: true } as const
  // A run that has printed nothing has no such folder: the checker says so.
  const entries = await readdir(join(root, folder), options).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.tmp-'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

async function listKeys(records: Records): Promise<string[]> {
  const keys: string[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page = await records.list('codes/', after === '' ? {} : { after })
    keys.push(...page.keys)
    after = page.next
  }
  return keys
}

async function readWhole(codes: CodeStore, key: string): Promise<Uint8Array> {
  const open = await codes.read(key)
  const pieces: Uint8Array[] = []
  for await (const piece of open?.body ?? []) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function readCalls(adminUrl: string): Promise<Call[]> {
  const { dropped, calls } = await getJson<{ dropped: number; calls: (Call & { path: string })[] }>(
    `${adminUrl}/calls`,
  )
  if (dropped > 0) throw new Error(`the simulator dropped ${dropped} calls`)
  return calls.filter(({ path }) => path.includes('getwxacode'))
}
