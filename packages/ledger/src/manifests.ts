/** A campaign's published and refused rows, in the order of publication: immutable parts, and an index at the end. */
import { type CampaignId, type FeedEvent, HaltFault, type Records } from '@sunpress/core'
import { damaged, fromLines, listAll, listNumbers, readJson, toJson, type Versioned } from './files.js'
import { findPart } from './find-part.js'
import * as paths from './paths.js'

/** Rows in one part at most. */
export const ROWS_PER_MANIFEST_PART = 10_000

export interface ManifestPart {
  readonly firstN: number
  readonly rows: number
  /** Of these rows; absent where nobody has counted them. */
  readonly refused?: number
}

export interface ManifestIndex extends Versioned {
  readonly parts: readonly ManifestPart[]
}

export interface ManifestLedger {
  /**
   * Create-only: rows are consecutive from `firstN`. `conflict` when a part of other content has that name already, written
   * by a leader that we did not know of.
   */
  writePart(id: CampaignId, firstN: number, lines: readonly string[]): Promise<'written' | 'conflict'>
  /** Numbers of the first rows of all parts, ascending. As many requests as there are thousands of parts: see findPart. */
  listParts(id: CampaignId): Promise<number[]>
  /** Rows are consecutive from `firstN`. Throws HaltFault when they aren't, and when there is no such part. */
  readPart(id: CampaignId, firstN: number): Promise<FeedEvent[]>
  /** The same; null when no part begins with that row. Parts follow each other without a gap: this is how to go on behind one. */
  readPartAt(id: CampaignId, firstN: number): Promise<FeedEvent[] | null>
  /**
   * The last part that begins with row `n` or before it, and not so long before that row `n` could not be in it; null when there is
   * none. A few requests, however many parts there are.
   */
  findPart(id: CampaignId, n: number): Promise<number | null>
  /**
   * Create-only: index.json at the first end, index-<last n>.json at a later one that has more rows. What names no more rows than
   * one that stands there is that of an earlier end, or the same again: nothing is written.
   */
  writeIndex(id: CampaignId, parts: readonly ManifestPart[]): Promise<void>
  /** That of the last end: what it names holds for good, though a campaign that was opened again has parts behind them. */
  readIndex(id: CampaignId): Promise<ManifestIndex | null>
}

const VERSION = 1

export function createManifestLedger(records: Records): ManifestLedger {
  return {
    async writePart(id, firstN, lines) {
      const key = paths.manifestPartFile(id, firstN)
      const bytes = Buffer.from(`${lines.join('\n')}\n`, 'utf8')
      if ((await records.putIfAbsent(key, bytes)) === 'created') return 'written'
      const there = await records.read(key)
      return there !== null && bytes.equals(there) ? 'written' : 'conflict'
    },
    async listParts(id) {
      const firsts: number[] = []
      for await (const key of listAll(records, paths.manifestFolder(id))) {
        const first = key.endsWith('.ndjson') ? paths.numberIn(key) : null
        if (first !== null) firsts.push(first)
      }
      return firsts.sort((a, b) => a - b)
    },
    async readPart(id, firstN) {
      return (await this.readPartAt(id, firstN)) ?? missingRow(id, firstN)
    },
    async readPartAt(id, firstN) {
      const key = paths.manifestPartFile(id, firstN)
      const bytes = await records.read(key)
      return bytes === null ? null : inOrder(key, firstN, fromLines(key, bytes) as FeedEvent[])
    },
    findPart(id, n) {
      return findPart(
        { records, readPartAt: (of, firstN) => this.readPartAt(of, firstN) },
        id,
        n,
        ROWS_PER_MANIFEST_PART,
      )
    },
    async writeIndex(id, parts) {
      const index: ManifestIndex = { v: VERSION, parts }
      if ((await records.putIfAbsent(paths.manifestIndexFile(id), toJson(index))) === 'created') return
      const there = await this.readIndex(id)
      if (there !== null && lastNOf(there) >= lastNOf(index)) return
      await records.putIfAbsent(paths.laterIndexFile(id, lastNOf(index)), toJson(index))
    },
    async readIndex(id) {
      const first = await readJson<ManifestIndex>(records, paths.manifestIndexFile(id), VERSION)
      if (first === null) return null
      const last = (await listNumbers(records, paths.laterIndexPrefix(id), '.json')).at(-1) ?? 0
      return last <= lastNOf(first) ? first : await readJson(records, paths.laterIndexFile(id, last), VERSION)
    },
  }
}

/** The number of its last row: parts follow each other without a gap. */
export const lastNOf = ({ parts }: ManifestIndex): number => {
  const last = parts.at(-1)
  return last === undefined ? 0 : last.firstN + last.rows - 1
}

/** There are rows behind it, or somebody has closed it: its part is lost, or was purged meanwhile. */
export function missingRow(id: CampaignId, n: number): never {
  throw new HaltFault(
    'ledger_missing',
    `No part of the manifest of ${id} holds row ${n}, though there are rows behind it`,
  )
}

function inOrder(key: string, firstN: number, rows: FeedEvent[]): FeedEvent[] {
  if (rows.length === 0 || rows.some((row, at) => row?.n !== firstN + at))
    throw damaged(key, `rows in order from ${firstN}`)
  return rows
}
