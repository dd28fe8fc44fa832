/** From a source to rows in the ledger, fixed for their night: chosen once, printed by whoever comes. */
import { createHash } from 'node:crypto'
import {
  type Clock,
  fillDate,
  type Records,
  RefuseFault,
  RetryFault,
  type RunRecord,
  runKeyOf,
  type ScheduleDefinition,
  type SourceFingerprint,
} from '@sunpress/core'
import type { GuardedFetch } from '@sunpress/http'
import type { ChosenRows, RowsDraft, RunName, ScheduleLedger } from '@sunpress/ledger'
import { objectPages, openUrl, type SourcePage } from '@sunpress/sources'
import { paced } from './least-rate.js'
import { type HeaderSecrets, resolveHeaders } from './source-headers.js'

export interface FetchParts {
  readonly schedules: ScheduleLedger
  readonly records: Pick<Records, 'readRange'>
  readonly fetch: GuardedFetch
  readonly secrets: HeaderSecrets
  readonly clock: Clock
  /** All pages of a source together. */
  readonly sourceMaxBytes: number
}

export type FetchedRows =
  | { readonly kind: 'chosen'; readonly chosen: ChosenRows }
  | { readonly kind: 'unchanged'; readonly source: SourceFingerprint }

interface Night {
  readonly run: RunRecord
  /** A state of the source that needs no campaign; null when there is none. */
  readonly known: SourceFingerprint | null
  readonly signal: AbortSignal
}

/** Besides the faults of a source: RefuseFault `source_late` when it is still being read at the run's deadline. */
export async function fetchRows(
  parts: FetchParts,
  definition: ScheduleDefinition,
  night: Night,
): Promise<FetchedRows> {
  const over = new AbortController()
  const deadline = deadlineSignal(night.run, parts.clock, over.signal)
  try {
    const signal = AbortSignal.any([night.signal, deadline])
    return await fetchInTime(parts, definition, { ...night, signal })
  } catch (thrown) {
    if (thrown !== deadline.reason) throw thrown
    throw new RefuseFault('source_late', 'Its source had not been read to its end when its deadline came.')
  } finally {
    over.abort()
  }
}

async function fetchInTime(
  parts: FetchParts,
  definition: ScheduleDefinition,
  { run, known, signal }: Night,
): Promise<FetchedRows> {
  const digest = digestOf(definition)
  const same = known?.definition === digest ? known : null
  const night = { run, known: same, signal }
  const found: Drafted | null = await (definition.source.kind === 'range'
    ? { rows: { kind: 'range' } as const, state: stateOfRange(definition) }
    : draftRows(parts, definition.source, night))
  if (found === null || found.state.sha256 === same?.sha256) {
    await found?.discard?.()
    return {
      kind: 'unchanged',
      source: found === null ? (same ?? neverAsked()) : { ...found.state, definition: digest },
    }
  }
  // From here on the pieces stay: a put of which nobody knows whether it took effect may have chosen them.
  const fingerprint = { ...found.state, definition: digest }
  const chosen = await parts.schedules.chooseRows(nameOf(run), { definition, rows: found.rows, fingerprint })
  return { kind: 'chosen', chosen }
}

const nameOf = (run: RunRecord): RunName => ({ schedule: run.schedule, key: runKeyOf(run) })

const neverAsked = (): never => {
  throw new RetryFault('source_status', 'the source says that nothing is new, and nobody has asked that')
}

function deadlineSignal({ deadlineAt }: RunRecord, clock: Clock, over: AbortSignal): AbortSignal {
  const late = new AbortController()
  clock.sleep(Date.parse(deadlineAt) - clock.now(), over).then(
    () => late.abort(),
    () => {},
  )
  return late.signal
}

type SourceState = Omit<SourceFingerprint, 'definition'>

const stateOfRange = ({ source }: ScheduleDefinition): SourceState => ({
  etag: null,
  bytes: 0,
  sha256: sha256Of(JSON.stringify(source)),
})

interface Drafted {
  readonly rows: ChosenRows['rows']
  readonly state: SourceState
  readonly discard?: () => Promise<void>
}

/** null: the source says that it is as it was known. */
async function draftRows(parts: FetchParts, source: FetchedSource, night: Night): Promise<Drafted | null> {
  const pages = await openSource(parts, source, night)
  if (pages === null) return null
  const draft = parts.schedules.draftRows(nameOf(night.run))
  const { attempt, discard } = draft
  try {
    const state = await readInto(draft, paced(pages, parts.clock), { ...night, ...parts })
    const rows = { kind: 'fetched', format: source.format, attempt, pages: await draft.finish() } as const
    return { rows, state, discard }
  } catch (thrown) {
    await discard().catch(() => {})
    throw thrown
  }
}

type FetchedSource = Exclude<ScheduleDefinition['source'], { kind: 'range' }>

async function openSource(
  { records, fetch, secrets }: FetchParts,
  source: FetchedSource,
  { run, known, signal }: Night,
): Promise<AsyncIterable<SourcePage> | null> {
  if (source.kind === 'object') return objectPages(records, fillDate(source.key, run.date))
  const headers = resolveHeaders(secrets, source.headers)
  const url = fillDate(source.url, run.date)
  // A tag is one resource's own: another day's, or that of another redirect, may be called the same and be something else.
  const etagOf = (at: string) => (known?.etagFrom === sha256Of(at) ? known.etag : null)
  const opened = await openUrl(fetch, { url, format: source.format, headers, etagOf, signal })
  return opened.kind === 'unchanged' ? null : opened.pages
}

async function readInto(
  draft: RowsDraft,
  pages: AsyncIterable<SourcePage>,
  { signal, sourceMaxBytes }: { readonly signal: AbortSignal; readonly sourceMaxBytes: number },
) {
  const hash = createHash('sha256')
  let bytes = 0
  let tag: Pick<SourceFingerprint, 'etag' | 'etagFrom'> = { etag: null }
  for await (const page of pages) {
    await draft.beginPage()
    // Only the tag of a single page speaks for the whole source.
    tag = page.isOnly ? tagOf(page) : { etag: null }
    for await (const piece of page.bytes) {
      signal.throwIfAborted()
      bytes += piece.length
      if (bytes > sourceMaxBytes)
        throw new RetryFault('source_too_large', `the source has more than ${sourceMaxBytes} bytes`)
      hash.update(piece)
      await draft.write(piece)
    }
    // Where one page ends counts: the same bytes cut elsewhere are other rows.
    hash.update(page.isOnly ? '' : '\n--page--\n')
  }
  return { ...tag, bytes, sha256: hash.digest('hex') }
}

const tagOf = ({ etag, url }: SourcePage) =>
  etag === null || url === null ? { etag } : { etag, etagFrom: sha256Of(url) }

/** Over what makes other pictures of the same rows. */
const digestOf = ({ app, look, badRows, source }: ScheduleDefinition): string =>
  sha256Of(JSON.stringify({ app, look, badRows, source }))

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')
