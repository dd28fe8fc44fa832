/**
 * Takes a campaign's pictures away for good: the only deletion that there is. Who was told of a picture is told that it is withdrawn,
 * before it goes. A picture that another campaign has published stays. Safe to repeat: what a crash left undone is done then.
 */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type Clock,
  type CodeId,
  type CodeStore,
  codeIdOf,
  eventIdOf,
  lookWithPage,
  type PublishedEvent,
  type Records,
  ROWS_PER_PART,
  type WithdrawnEvent,
} from '@sunpress/core'
import type { CampaignLedger, ManifestLedger } from '@sunpress/ledger'
import { createKeySet, type KeySet } from './key-set.js'
import { createSeenBits, lastRows } from './last-rows.js'
import { patiently } from './patiently.js'

export interface PurgeParts {
  readonly campaigns: CampaignLedger
  readonly manifests: ManifestLedger
  readonly codes: CodeStore
  readonly records: Records
  readonly clock: Clock
}

export interface PurgeOptions {
  /** Counts, and changes nothing. */
  readonly dryRun: boolean
  /** Codes that other campaigns have published. */
  readonly wanted: Pick<KeySet, 'mayHave'>
  readonly onWithdrawn: (event: WithdrawnEvent) => void
  readonly signal: AbortSignal
}

export interface Purged {
  readonly withdrawn: number
  /** Stay, since others have published them. */
  readonly shared: number
}

/** Rows in one file of withdrawn events. */
const ROWS_PER_FILE = 10_000

/** null when it has not ended: cancel it first. */
export async function purgeCampaign(
  parts: PurgeParts,
  id: CampaignId,
  options: PurgeOptions,
): Promise<Purged | null> {
  const { campaigns, manifests } = parts
  const record = await campaigns.readCampaign(id)
  if (record === null || (await campaigns.readReport(id)) === null) return null
  let [withdrawn, shared, file] = [0, 0, 0]
  let batch: WithdrawnEvent[] = []
  const flush = async (): Promise<void> => {
    if (batch.length > 0 && !options.dryRun) await withdraw(parts, id, ++file, batch)
    for (const event of batch) options.onWithdrawn(event)
    withdrawn += batch.length
    batch = []
  }
  for await (const row of lastRows(manifests, id, createSeenBits(record.total))) {
    options.signal.throwIfAborted()
    if (row.type === 'code.refused') continue
    if (options.wanted.mayHave(row.codeId)) shared++
    else batch.push(withdrawnEvent(row, parts.clock.now()))
    if (batch.length === ROWS_PER_FILE) await flush()
  }
  await flush()
  if (!options.dryRun) await removeRecords(parts, id, { withdrawn, shared })
  return { withdrawn, shared }
}

/**
 * Codes of an app that campaigns other than `purged` have published; or, as long as such a campaign has not ended, may publish at any
 * moment.
 */
export async function wantedCodes(
  { campaigns, manifests }: Pick<PurgeParts, 'campaigns' | 'manifests'>,
  app: AppId,
  purged: ReadonlySet<CampaignId>,
): Promise<KeySet> {
  const kept: { readonly record: CampaignRecord; readonly isOpen: boolean }[] = []
  for await (const id of campaigns.list()) {
    if (purged.has(id)) continue
    const record = await campaigns.readCampaign(id)
    if (record?.app === app) kept.push({ record, isOpen: !(await campaigns.hasEnded(id)) })
  }
  const set = createKeySet(kept.reduce((sum, { record }) => sum + record.total, 0))
  for (const { record, isOpen } of kept) {
    const codes = isOpen ? askedCodes(campaigns, record) : publishedCodes(manifests, record.id)
    for await (const codeId of codes) set.add(codeId)
  }
  return set
}

async function* publishedCodes(manifests: ManifestLedger, id: CampaignId): AsyncGenerator<CodeId> {
  for (const firstN of await manifests.listParts(id)) {
    for (const row of await manifests.readPart(id, firstN)) if (row.type !== 'code.refused') yield row.codeId
  }
}

async function* askedCodes(
  campaigns: CampaignLedger,
  { id, app, look, total }: CampaignRecord,
): AsyncGenerator<CodeId> {
  for (let part = 0; part * ROWS_PER_PART < total; part++) {
    for (const { scene, page } of (await campaigns.readPart(id, part)) ?? [])
      yield codeIdOf(app, scene, lookWithPage(look, page))
  }
}

export const purgedFile = (id: CampaignId): string => `campaigns/${id}/purged.json`

export const withdrawnFile = (id: CampaignId, file: number): string =>
  `campaigns/${id}/withdrawn/part-${file}.ndjson`

/** The events first: a crash in between leaves pictures that were announced as withdrawn, never the other way round. */
async function withdraw(
  { records, codes, clock }: PurgeParts,
  id: CampaignId,
  file: number,
  events: readonly WithdrawnEvent[],
): Promise<void> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  await records.put(withdrawnFile(id, file), Buffer.from(lines))
  for (const { key } of events) await patiently(clock, () => codes.remove(key))
}

const withdrawnEvent = (row: PublishedEvent, nowMs: number): WithdrawnEvent => ({
  v: 1,
  id: eventIdOf(row.campaign, row.index),
  type: 'code.withdrawn',
  app: row.app,
  campaign: row.campaign,
  index: row.index,
  scene: row.scene,
  codeId: row.codeId as CodeId,
  key: row.key,
  withdrawnAt: new Date(nowMs).toISOString(),
})

/** What it was asked for and what it came to stays: campaign.json, report.json, the withdrawn events, and purged.json. */
async function removeRecords({ records, clock }: PurgeParts, id: CampaignId, done: Purged): Promise<void> {
  const purged = { v: 1, at: new Date(clock.now()).toISOString(), ...done }
  await records.put(purgedFile(id), Buffer.from(`${JSON.stringify(purged)}\n`))
  for (const folder of ['manifest/', 'scenes/']) await removeAll(records, `campaigns/${id}/${folder}`)
  await removeAll(records, `campaigns/${id}/bits-`)
}

async function removeAll(records: Records, prefix: string): Promise<void> {
  for (;;) {
    const { keys } = await records.list(prefix)
    for (const key of keys) await records.remove(key)
    if (keys.length === 0) return
  }
}
