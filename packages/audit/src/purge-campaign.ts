/**
 * Takes a campaign's pictures away for good: the only deletion that there is. Who was told of a picture is told that it is withdrawn,
 * before it goes. A picture that another campaign has published stays. Safe to repeat: what a crash left undone is done then, and
 * what was told stays as it was told.
 */
import type {
  CampaignId,
  Clock,
  CodeId,
  CodeStore,
  EventId,
  PublishedEvent,
  Records,
  WithdrawnEvent,
} from '@sunpress/core'
import {
  type CampaignLedger,
  endPurging,
  type ManifestLedger,
  readPurged,
  readPurging,
  writePurged,
} from '@sunpress/ledger'
import { beginPurge, purgeStanding } from './begin-purge.js'
import type { KeySet } from './key-set.js'
import { createSeenBits, type LastRowsOfPart, lastRowsByPart } from './last-rows.js'
import { patiently } from './patiently.js'
import { quarantineFolder } from './quarantine.js'

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
  /** Before each step that takes something away: throws when it must not go on. */
  readonly mayGoOn?: () => Promise<void>
  /** Before each small step: the same, but cheap. */
  readonly stepOn?: () => Promise<void>
  readonly signal: AbortSignal
}

export interface Purged {
  readonly withdrawn: number
  /** Stay, since others have published them. */
  readonly shared: number
}

/** null when it has not ended, or was opened again: cancel it first. Of one that was purged before, what that came to. */
export async function purgeCampaign(
  parts: PurgeParts,
  id: CampaignId,
  options: PurgeOptions,
): Promise<Purged | null> {
  const { campaigns, manifests, records, clock } = parts
  const record = await campaigns.readCampaign(id)
  const begun = await (options.dryRun ? purgeStanding : beginPurge)(parts, id)
  if (record === null || begun === 'open') return null
  const before = await readPurged(records, id)
  if (before !== null) return await finish(parts, id, before, options)
  const at = (await readPurging(records, id))?.at ?? new Date(clock.now()).toISOString()
  let [withdrawn, shared] = [0, 0]
  for await (const part of lastRowsByPart(manifests, id, createSeenBits(record.total))) {
    options.signal.throwIfAborted()
    await options.stepOn?.()
    const [gone, kept] = partEvents(part, options.wanted, at)
    if (gone.length > 0 && !options.dryRun) {
      await options.mayGoOn?.()
      await withdraw(parts, id, part.firstN, gone, options.stepOn)
    }
    for (const event of gone) options.onWithdrawn(event)
    withdrawn += gone.length
    shared += kept
  }
  return await finish(parts, id, { withdrawn, shared }, options)
}

/** Those that go, and how many stay. Pure. */
function partEvents(
  { rows }: LastRowsOfPart,
  wanted: PurgeOptions['wanted'],
  at: string,
): [WithdrawnEvent[], number] {
  const published = rows.filter((row) => row.type !== 'code.refused')
  const gone = published.filter(({ codeId }) => !wanted.mayHave(codeId))
  return [gone.map((row) => withdrawnEvent(row, at)), published.length - gone.length]
}

/** `n`: the first number of the part of the manifest that had told of them; `more`: a later attempt had more to tell, from 2. */
export const withdrawnFile = (id: CampaignId, n: number, more = 1): string =>
  `campaigns/${id}/withdrawn/part-${n}${more === 1 ? '' : `-${more}`}.ndjson`

/** The events first: a crash in between leaves pictures that were announced as withdrawn, never the other way round. */
async function withdraw(
  { records, codes, clock }: PurgeParts,
  id: CampaignId,
  firstN: number,
  events: readonly WithdrawnEvent[],
  stepOn: PurgeOptions['stepOn'],
): Promise<void> {
  await announce(records, id, firstN, events)
  for (const { key } of events) {
    await patiently(clock, async () => {
      await stepOn?.()
      await codes.remove(key)
    })
  }
}

/** Nothing that was told is overwritten; what it lacks, since others had wanted it then, comes in a file of its own. */
async function announce(
  records: Records,
  id: CampaignId,
  firstN: number,
  events: readonly WithdrawnEvent[],
): Promise<void> {
  let untold = events
  for (let more = 1; untold.length > 0; more++) {
    const file = withdrawnFile(id, firstN, more)
    const lines = untold.map((event) => `${JSON.stringify(event)}\n`).join('')
    if ((await records.putIfAbsent(file, Buffer.from(lines))) === 'created') return
    const told = toldIn(await records.read(file))
    untold = untold.filter((event) => !told.has(event.id))
  }
}

function toldIn(bytes: Uint8Array | null): ReadonlySet<string> {
  const lines = Buffer.from(bytes ?? [])
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  return new Set(lines.map((line) => (JSON.parse(line) as WithdrawnEvent).id))
}

const withdrawnEvent = (row: PublishedEvent, withdrawnAt: string): WithdrawnEvent => ({
  v: 1,
  id: `${row.campaign}.${row.index}.withdrawn` as EventId,
  type: 'code.withdrawn',
  app: row.app,
  campaign: row.campaign,
  index: row.index,
  scene: row.scene,
  codeId: row.codeId as CodeId,
  key: row.key,
  withdrawnAt,
})

/** What it was asked for and what it came to stays: campaign.json, its reports, the withdrawn events, and purged.json. */
async function finish(
  { records, clock }: PurgeParts,
  id: CampaignId,
  { withdrawn, shared }: Purged,
  { dryRun, mayGoOn, stepOn }: PurgeOptions,
): Promise<Purged> {
  if (dryRun) return { withdrawn, shared }
  await mayGoOn?.()
  await writePurged(records, id, { at: new Date(clock.now()).toISOString(), withdrawn, shared })
  const folders = ['manifest/', 'scenes/', 'bits-'].map((folder) => `campaigns/${id}/${folder}`)
  for (const folder of [...folders, quarantineFolder(id)]) await removeAll(records, folder, stepOn)
  await endPurging(records, id)
  return { withdrawn, shared }
}

async function removeAll(records: Records, prefix: string, stepOn: PurgeOptions['stepOn']): Promise<void> {
  for (;;) {
    const { keys } = await records.list(prefix)
    for (const key of keys) {
      await stepOn?.()
      await records.remove(key)
    }
    if (keys.length === 0) return
  }
}
