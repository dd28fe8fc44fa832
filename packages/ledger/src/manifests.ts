/** A campaign's published and refused rows, in the order of publication: immutable parts, and an index at the end. */
import type { CampaignId, FeedEvent, Records } from '@sunpress/core'
import { fromLines, listAll, listNumbers, readJson, toJson, type Versioned } from './files.js'
import * as paths from './paths.js'

/** Rows in one part at most. */
export const ROWS_PER_MANIFEST_PART = 10_000

export interface ManifestPart {
  readonly firstN: number
  readonly rows: number
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
  /** Numbers of the first rows of all parts, ascending. */
  listParts(id: CampaignId): Promise<number[]>
  readPart(id: CampaignId, firstN: number): Promise<FeedEvent[]>
  /**
   * Create-only: index.json at the first end, index-<last n>.json at a later one that has more rows. What names no more rows than
   * one that stands there is that of an earlier end, or the same again: nothing is written.
   */
  writeIndex(id: CampaignId, parts: readonly ManifestPart[]): Promise<void>
  /** That of the last end. */
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
      const key = paths.manifestPartFile(id, firstN)
      const bytes = await records.read(key)
      return bytes === null ? [] : (fromLines(key, bytes) as FeedEvent[])
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

/** Parts follow each other without a gap. */
const lastNOf = ({ parts }: ManifestIndex): number => {
  const last = parts.at(-1)
  return last === undefined ? 0 : last.firstN + last.rows - 1
}
