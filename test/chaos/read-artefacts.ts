/** Reads what a run left: the ledger and the pictures from the store, the calls from the simulator. */
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { CampaignId, CodeStore, Records } from '@sunpress/core'
import { createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import type { Artefacts, Call, CampaignArtefacts } from './check-guarantees.js'

export interface Run {
  readonly records: Records
  readonly codes: CodeStore
  readonly adminUrl: string
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
    campaigns: await Promise.all(ids.map((id) => readCampaign(run.records, id))),
    pictures: new Map(pictures),
    open,
    calls: await readCalls(run.adminUrl),
  }
}

async function readCampaign(records: Records, id: CampaignId): Promise<CampaignArtefacts> {
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

/** Temp files aside: they begin with a dot and no server gives them away. */
async function filesUnder(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
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
  const answer = await fetch(`${adminUrl}/calls`)
  const { dropped, calls } = (await answer.json()) as { dropped: number; calls: (Call & { path: string })[] }
  if (dropped > 0) throw new Error(`the simulator dropped ${dropped} calls`)
  return calls.filter(({ path }) => path.includes('getwxacode'))
}
