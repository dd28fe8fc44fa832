/**
 * A campaign's rows by their number: closed parts first, then the tail that still stands in the feed. Never skips a row: where
 * the tail doesn't follow on, it has just been closed into a part, and the parts are looked at again.
 */
import {
  type CampaignId,
  type CampaignRecord,
  type FeedEvent,
  type Generation,
  isFault,
} from '@sunpress/core'
import type { FeedIndex } from '@sunpress/feed'
import { type BitsLedger, type ManifestLedger, retriedRows } from '@sunpress/ledger'
import { createKept } from '../keep.js'
import { ANY_GENERATION, type Cursor, resumeAfter } from './cursor.js'

export interface RowBatch {
  /** Consecutive. */
  readonly rows: readonly FeedEvent[]
  /** What a cursor into these rows holds for. */
  readonly generation: string
}

export type IsSuperseded = (row: FeedEvent) => boolean

export interface RowReader {
  /** Tells the rows that hold no longer: refusals that a retry has taken out. */
  superseded(campaign: CampaignRecord): Promise<IsSuperseded>
  /** Batches of rows behind a cursor, until the last row that there is now. */
  read(campaign: CampaignRecord, from: Cursor): AsyncGenerator<RowBatch>
}

/** Parsed, about 5 MB each. */
const PARTS_KEPT = 8
const ENTRIES_AT_ONCE = 1_000
/** Looks at the parts again, when the tail doesn't follow on. */
const LOOKS = 3

export interface RowReaderParts {
  readonly manifests: ManifestLedger
  readonly bits: BitsLedger
  readonly index: FeedIndex
}

export function createRowReader(parts: RowReaderParts): RowReader {
  const kept = createKept<FeedEvent[]>(PARTS_KEPT)
  const readPart = async (id: CampaignId, firstN: number): Promise<FeedEvent[]> =>
    (await kept.get(`${id}/${firstN}`, () => parts.manifests.readPart(id, firstN))) ?? []

  async function* closed(id: CampaignId, after: number): AsyncGenerator<FeedEvent[]> {
    const firsts = await parts.manifests.listParts(id)
    const start = firsts.findLastIndex((firstN) => firstN <= after + 1)
    for (const firstN of firsts.slice(Math.max(0, start))) {
      const rows = (await readPart(id, firstN)).filter(({ n }) => n > after)
      after = rows.at(-1)?.n ?? after
      if (rows.length > 0) yield rows
    }
  }

  const superseding = new Map<CampaignId, Promise<IsSuperseded>>()
  /** Whoever asks while they are being read waits for the same. */
  const superseded = ({ id, total }: CampaignRecord): Promise<IsSuperseded> => {
    const underWay = superseding.get(id)
    if (underWay !== undefined) return underWay
    const asked = parts.bits
      .readRetries(id, total)
      .then(retriedRows)
      .finally(() => superseding.delete(id))
    superseding.set(id, asked)
    return asked
  }

  return {
    superseded,
    async *read(campaign, from) {
      const { generation, base } = await readIndex(parts.index, campaign)
      let n = resumeAfter(from, generation, base)
      for (let look = 0; look < LOOKS; look++) {
        for await (const rows of closed(campaign.id, n)) {
          n = rows.at(-1)?.n ?? n
          yield { rows, generation: ANY_GENERATION }
        }
        if (generation === null) return
        let follows = true
        for await (const rows of tail(parts.index, campaign, n)) {
          follows = rows[0]?.n === n + 1
          if (!follows) break
          n = rows.at(-1)?.n ?? n
          yield { rows, generation }
        }
        if (follows && !(await hasMore(parts.index, campaign, n))) return
      }
    },
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

/** Rows were closed, and trimmed from the feed, between our look at the parts and that at the feed. */
async function hasMore(index: FeedIndex, { app, id }: CampaignRecord, n: number): Promise<boolean> {
  const campaign = await orNull(index.readCampaign(app, id))
  return campaign !== null && campaign.closed > n
}

async function readIndex(
  index: FeedIndex,
  { app, id }: CampaignRecord,
): Promise<{ generation: Generation | null; base: number | null }> {
  const [head, campaign] = await Promise.all([
    orNull(index.readGeneration(app)),
    orNull(index.readCampaign(app, id)),
  ])
  return { generation: head?.generation ?? null, base: campaign?.base ?? null }
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
