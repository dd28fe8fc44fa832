/**
 * A campaign's rows by their number: closed parts first, then the tail that still stands in the feed. Never skips a row: where
 * the tail doesn't follow on, it has just been closed into a part, and the parts are looked at again; where a part is lost, or was
 * purged meanwhile, reading ends with a fault, and not as if there were no more rows. A rebuilt index numbers the tail anew: each
 * batch is given only once it is known that it goes on in the numbering of the one before.
 */
import {
  type CampaignId,
  type CampaignRecord,
  type FeedEvent,
  FINAL_STATES,
  type Generation,
  isFault,
  RetryFault,
} from '@sunpress/core'
import type { FeedIndex } from '@sunpress/feed'
import {
  type BitsLedger,
  type CampaignLedger,
  type ManifestLedger,
  missingRow,
  retriedRows,
} from '@sunpress/ledger'
import { Problem } from '../problem.js'
import { ANY_GENERATION, type Cursor, resumeAfter } from './cursor.js'
import { createPartBook, type PartBook } from './part-book.js'
import type { RowKind } from './present-row.js'

export interface RowBatch {
  /** Consecutive; none where they are known to be of the other kind. */
  readonly rows: readonly FeedEvent[]
  /** Of the last row, or of the last one that was passed over. */
  readonly lastN: number
  /** What a cursor into these rows holds for. */
  readonly generation: string
}

export type IsSuperseded = (row: FeedEvent) => boolean

export interface RowReader {
  /** Tells the rows that hold no longer: refusals that a retry has taken out. */
  superseded(campaign: CampaignRecord): Promise<IsSuperseded>
  /**
   * Batches of rows behind a cursor, until the last row that there is now. Of both kinds; `failures` passes over rows of which it is
   * known that none was refused. When the index is rebuilt meanwhile rows may come again, from further back. Throws HaltFault where a
   * row is lost, Problem 409 where it was purged, and RetryFault where the index is away that it began with.
   */
  read(campaign: CampaignRecord, from: Cursor, kind: RowKind): AsyncGenerator<RowBatch>
}

const ENTRIES_AT_ONCE = 1_000
/** Looks at the parts again that come to no further row, when the tail doesn't follow on. */
const LOOKS = 3
/** Builds of the index in which one reading may go on. */
const BUILDS = 4
/** Campaigns whose retries are remembered: 12.5 MB for one of a hundred million rows. */
const RETRIED_KEPT = 4

export interface RowReaderParts {
  readonly campaigns: Pick<CampaignLedger, 'isPurged'>
  readonly manifests: ManifestLedger
  readonly bits: BitsLedger
  readonly index: FeedIndex
}

export function createRowReader(parts: RowReaderParts): RowReader {
  const { campaigns, index } = parts
  const book = createPartBook(parts.manifests)

  /** Rows are closed, or were, and we have come to none of them. */
  const isBehind = async ({ app, id }: CampaignRecord, n: number): Promise<boolean> => {
    const standing = await orNull(index.readCampaign(app, id))
    if (standing !== null) return standing.closed > n
    const isBehindIndex = await book.isBehind(id, n)
    if (isBehindIndex !== 'unknown') return isBehindIndex
    if (await campaigns.isPurged(id)) throw purged()
    return await book.hasPartBehind(id, n)
  }

  const isRebuilt = async ({ app }: CampaignRecord, { generation }: Standing): Promise<boolean> =>
    generation !== null && (await orNull(index.readGeneration(app)))?.generation !== generation

  /** Ends with null behind the last row; or with the place that it came to, when the index was rebuilt meanwhile. */
  async function* readBuild(
    campaign: CampaignRecord,
    standing: Standing,
    from: Cursor,
    kind: RowKind,
  ): AsyncGenerator<RowBatch, Cursor | null> {
    const { generation, closed } = standing
    let place = from
    let isLacking = false
    for (let [look, idle] = [0, 0]; idle < LOOKS; look++) {
      const before = place.n
      const isInTail = look === 0 && closed !== null && before >= closed
      for await (const batch of isInTail ? [] : closedRows(book, campaign.id, before, kind)) {
        // Behind rows of the tail those of a part follow only if they were numbered together.
        if (place.generation !== ANY_GENERATION && (await isRebuilt(campaign, standing))) return place
        place = { generation: ANY_GENERATION, n: batch.lastN }
        yield batch
      }
      if (isLacking && place.n === before) {
        if (await campaigns.isPurged(campaign.id)) throw purged()
        missingRow(campaign.id, place.n + 1)
      }
      let follows = true
      for await (const rows of generation === null ? [] : tail(index, campaign, place.n)) {
        if (await isRebuilt(campaign, standing)) return place
        follows = rows[0]?.n === place.n + 1
        if (!follows) break
        place = { generation: generation ?? ANY_GENERATION, n: rows.at(-1)?.n ?? place.n }
        yield { rows, lastN: place.n, generation: place.generation }
      }
      isLacking = await isBehind(campaign, place.n)
      if (await isRebuilt(campaign, standing)) return place
      if (follows && !isLacking) return null
      idle = place.n === before ? idle + 1 : 0
    }
    throw new RetryFault('rows_moving', `row ${place.n + 1} of ${campaign.id} stands nowhere at the moment`)
  }

  return {
    superseded: createSuperseded(parts.bits),
    async *read(campaign, from, kind) {
      let standing = await readIndex(index, campaign)
      const { isOver } = standing
      // Parts that are kept in memory outlive a purge; only what has ended is purged.
      if (isOver && (await campaigns.isPurged(campaign.id))) throw purged()
      let place = from
      for (let build = 0; build < BUILDS; build++) {
        const reached = yield* readBuild(campaign, standing, placeIn(standing, place), kind)
        if (reached === null) return
        place = reached
        standing = await readIndex(index, campaign)
        // Of a campaign that has ended all rows stand in parts: it can do without an index.
        if (standing.generation === null && !isOver) break
      }
      throw new RetryFault('index_rebuilt', `the index of ${campaign.app} was rebuilt under a reader`)
    },
  }
}

/** A cursor of an older generation as one that holds now, in parts that are closed for good. */
function placeIn({ generation, base }: Standing, from: Cursor): Cursor {
  if (from.generation === generation) return from
  return { generation: ANY_GENERATION, n: resumeAfter(from, generation, base) }
}

const purged = (): Problem =>
  new Problem(409, 'campaign_purged', 'The campaign was purged: its rows are gone.')

/** Rows of closed parts behind `after`, as long as they follow each other. */
async function* closedRows(
  book: PartBook,
  id: CampaignId,
  after: number,
  kind: RowKind,
): AsyncGenerator<RowBatch> {
  const passOver = kind === 'failures' ? await book.passing(id, after + 1) : null
  for (let isFirst = false; ; isFirst = true) {
    const passed = passOver?.(after + 1) ?? after
    if (passed > after) {
      after = passed
      yield { rows: [], lastN: after, generation: ANY_GENERATION }
    }
    const rows = await book.rowsAt(id, after + 1, isFirst)
    if (rows === null) return
    const behind = rows.slice(after + 1 - (rows[0]?.n ?? 0))
    after = rows.at(-1)?.n ?? after
    yield { rows: behind, lastN: after, generation: ANY_GENERATION }
  }
}

/** What retries took out never changes: it is read again only when there are more of them. */
function createSuperseded(bits: BitsLedger): RowReader['superseded'] {
  const kept = new Map<CampaignId, { readonly seqs: string; readonly isRetried: IsSuperseded }>()
  const underWay = new Map<CampaignId, Promise<IsSuperseded>>()

  const ask = async ({ id, total }: CampaignRecord): Promise<IsSuperseded> => {
    const seqs = (await bits.listRetries(id)).join()
    const there = kept.get(id)
    if (there?.seqs === seqs) return there.isRetried
    const isRetried = retriedRows(seqs === '' ? [] : await bits.readRetries(id, total))
    if (seqs === '') return isRetried
    kept.delete(id)
    kept.set(id, { seqs, isRetried })
    const [oldest] = kept.keys()
    if (kept.size > RETRIED_KEPT && oldest !== undefined) kept.delete(oldest)
    return isRetried
  }

  /** Whoever asks while they are being read waits for the same. */
  return (campaign) => {
    const there = underWay.get(campaign.id)
    if (there !== undefined) return there
    const asked = ask(campaign).finally(() => underWay.delete(campaign.id))
    underWay.set(campaign.id, asked)
    return asked
  }
}

/** Rows of one campaign behind `after` in the feed, as long as they follow each other. */
async function* tail(
  index: FeedIndex,
  { app, id }: CampaignRecord,
  after: number,
): AsyncGenerator<FeedEvent[]> {
  let streamId = ''
  for (;;) {
    const entries = (await orNull(index.readEntries(app, streamId, ENTRIES_AT_ONCE))) ?? []
    const mine = entries.filter(({ campaign, n }) => campaign === id && n > after)
    if (mine.length > 0) {
      const gap = mine.findIndex(({ n }, at) => n !== (mine[0]?.n ?? 0) + at)
      const whole = gap === -1 ? mine : mine.slice(0, gap)
      yield whole.map(({ line }) => JSON.parse(line) as FeedEvent)
      if (gap !== -1) return
      after = mine.at(-1)?.n ?? after
    }
    streamId = entries.at(-1)?.streamId ?? streamId
    if (entries.length < ENTRIES_AT_ONCE) return
  }
}

interface Standing {
  readonly generation: Generation | null
  readonly base: number | null
  readonly closed: number | null
  /** For all that the index knows: it has ended, or isn't there. */
  readonly isOver: boolean
}

async function readIndex(index: FeedIndex, { app, id }: CampaignRecord): Promise<Standing> {
  const [head, campaign] = await Promise.all([
    orNull(index.readGeneration(app)),
    orNull(index.readCampaign(app, id)),
  ])
  return {
    generation: head?.generation ?? null,
    base: campaign?.base ?? null,
    closed: campaign?.closed ?? null,
    isOver: campaign === null || FINAL_STATES.has(campaign.state),
  }
}

/** Redis being away costs the tail, not the answer. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}
