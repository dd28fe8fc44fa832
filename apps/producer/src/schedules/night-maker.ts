/**
 * Makes the campaign of a night on the road of every campaign: rows, parts, open mark, campaign.json. What was begun under a run
 * is found by its id, and by the rows that were chosen for it; nothing is made twice.
 */
import {
  type AppBook,
  type CampaignSource,
  fillDate,
  type RangeSource,
  RetryFault,
  type RunRecord,
  runKeyOf,
  type ScheduleDefinition,
  type ScheduleRecord,
  type SourceFingerprint,
} from '@sunpress/core'
import type { ChosenRows } from '@sunpress/ledger'
import { csvRows, ndjsonRows, planRange, rangeRows } from '@sunpress/sources'
import type { Fetching, MadeNight, NightMaker } from '@sunpress/upkeep'
import type { CampaignDraft } from '../campaigns/campaign-request.js'
import { announce, type CreateParts, createCampaign } from '../campaigns/create-campaign.js'
import type { RowBatches } from '../campaigns/write-scenes.js'
import { Problem } from '../problem.js'
import { type FetchParts, fetchRows } from './fetch-rows.js'
import { knownSource } from './known-source.js'
import { campaignBefore } from './nights-before.js'

export interface NightParts extends CreateParts, FetchParts {
  readonly apps: Pick<AppBook, 'find'>
}

export function createNightMaker(parts: NightParts): NightMaker {
  const find = async (run: RunRecord): Promise<MadeNight | null> => {
    const { campaigns, schedules, index } = parts
    const campaign = await campaigns.readCampaign(run.campaign)
    if (campaign === null) return null
    // The mark of a campaign whose id is of an older day may have been swept away before campaign.json was there.
    if ((await campaigns.readReport(campaign.id)) === null) {
      await campaigns.markOpen(campaign.id, campaign.app)
      await announce(index, campaign)
    }
    const chosen = await schedules.readChosen({ schedule: run.schedule, key: runKeyOf(run) })
    return { outcome: 'created', total: campaign.total, source: chosen?.fingerprint ?? null }
  }

  return {
    find,
    async make(schedule, run, signal, fetching) {
      const found = await chooseRows(parts, schedule, run, { signal, fetching })
      if (found.kind === 'gone') return GONE
      if (found.kind === 'unchanged') return { outcome: 'nothing_new', source: found.source }
      const made = await print(parts, run, found.chosen, signal)
      return made ?? (await find(run)) ?? lost()
    },
  }
}

const GONE: MadeNight = {
  outcome: 'failed',
  reason: 'schedule_removed',
  detail: 'The schedule was removed before its source had been read.',
}

const lost = (): never => {
  throw new Error('a campaign that was just written is not there')
}

type Found =
  | { readonly kind: 'chosen'; readonly chosen: ChosenRows }
  | { readonly kind: 'unchanged'; readonly source: SourceFingerprint }
  | { readonly kind: 'gone' }

async function chooseRows(
  parts: NightParts,
  schedule: ScheduleRecord | null,
  run: RunRecord,
  { signal, fetching }: { readonly signal: AbortSignal; readonly fetching: Fetching },
): Promise<Found> {
  const before = await parts.schedules.readChosen({ schedule: run.schedule, key: runKeyOf(run) })
  if (before !== null) return { kind: 'chosen', chosen: before }
  if (schedule === null) return { kind: 'gone' }
  if (parts.apps.find(schedule.app) === undefined) {
    throw new RetryFault('unknown_app', `${schedule.app} is not an app of this service`)
  }
  // Who asks for a run wants its campaign, new or not.
  const known = run.manual ? null : await knownSource(parts, run)
  const definition = definitionOf(schedule)
  const fetch = (during: AbortSignal) => fetchRows(parts, definition, { run, known, signal: during })
  // The store is quick; somebody else's server need not be.
  return await (definition.source.kind === 'url' ? fetching(fetch) : fetch(signal))
}

/** Without what belongs to the record alone. */
function definitionOf(schedule: ScheduleRecord): ScheduleDefinition {
  const {
    v: _v,
    name: _name,
    since: _since,
    createdAt: _created,
    updatedAt: _updated,
    ...definition
  } = schedule
  return definition
}

/** null when there is a campaign now. */
async function print(
  parts: NightParts,
  run: RunRecord,
  chosen: ChosenRows,
  signal: AbortSignal,
): Promise<MadeNight | null> {
  const { definition, fingerprint } = chosen
  const rows = rowsOf(parts, run, chosen, signal)
  const repeats = await campaignBefore(parts.schedules, run)
  try {
    await createCampaign(parts, {
      id: run.campaign,
      draft: draftOf(run, definition),
      batches: rows.batches,
      source: rows.source,
      // Another process may be writing the same: what a failed night leaves behind is read by nobody.
      mayDiscard: async () => false,
      ofSchedule: {
        schedule: { name: run.schedule, date: run.date },
        ...(definition.window === null ? {} : { window: definition.window }),
        ...(repeats === null ? {} : { repeats }),
      },
    })
    return null
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    if (rows.count() === 0) return { outcome: 'nothing_new', source: fingerprint }
    return { outcome: 'failed', reason: reasonOf(thrown), detail: detailOf(thrown) }
  }
}

function draftOf(run: RunRecord, definition: ScheduleDefinition): CampaignDraft {
  const { app, priority, look, badRows, campaignName } = definition
  const name = campaignName === null ? `${run.schedule} ${run.date}` : fillDate(campaignName, run.date)
  return { app, name, priority, look, badRows }
}

interface Rows {
  readonly batches: RowBatches
  readonly source: () => CampaignSource
  /** Rows that were read, good or bad. */
  count(): number
}

function rowsOf(parts: NightParts, run: RunRecord, chosen: ChosenRows, signal: AbortSignal): Rows {
  const { definition, rows, fingerprint } = chosen
  const ignored = new Set<string>()
  let count = 0
  const pages = rows.kind === 'range' ? rangePages(definition) : fetchedPages(parts, run, chosen, ignored)
  async function* batches() {
    for await (const batch of pages) {
      signal.throwIfAborted()
      count += batch.length
      yield batch
    }
  }
  const columns = () => (ignored.size === 0 ? {} : { ignoredColumns: [...ignored] })
  return {
    batches: batches(),
    count: () => count,
    source: () =>
      rows.kind === 'range'
        ? { kind: 'range' }
        : { kind: rows.format, sha256: fingerprint.sha256, ...columns() },
  }
}

/** One bad row speaks for all. */
function rangePages({ source, look }: ScheduleDefinition) {
  const { kind: _kind, ...range } = source as RangeSource
  const [error, ...more] = planRange(range, look)
  if (error === undefined) return rangeRows(range)
  const at = { pointer: '/source/template', bare: true } as const
  return [[{ at, fields: null, defects: [error, ...more], fatal: true as const }]]
}

async function* fetchedPages(
  { schedules }: NightParts,
  run: RunRecord,
  chosen: ChosenRows,
  ignored: Set<string>,
) {
  if (chosen.rows.kind !== 'fetched') return
  const { pages, format } = chosen.rows
  for (const [page, pieces] of pages.entries()) {
    // An empty page behind others lacks a header, and says nothing by that.
    if (pieces === 0 && pages.length > 1) continue
    const bytes = schedules.readPage({ schedule: run.schedule, key: runKeyOf(run) }, chosen, page)
    if (format === 'ndjson') yield* ndjsonRows(bytes)
    else
      yield* csvRows(bytes, ({ ignoredColumns }) => ignoredColumns.forEach((name) => void ignored.add(name)))
  }
}

const reasonOf = ({ code }: Problem): string => (code === 'invalid' ? 'bad_rows' : code)

const ERRORS_TOLD = 3

function detailOf({ message, errors, errorCount }: Problem): string {
  const told = (errors ?? [])
    .slice(0, ERRORS_TOLD)
    .map((error) => (error.line === undefined ? error.message : `line ${error.line}: ${error.message}`))
  const more = errorCount > told.length ? [`and ${errorCount - told.length} more`] : []
  return [message, ...told, ...more].join(' ')
}
