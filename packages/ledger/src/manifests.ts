/** A campaign's published and refused rows, in the order of publication: immutable parts, and an index at the end. */
import type { CampaignId, FeedEvent, Records } from '@sunpress/core'
import { fromLines, listAll, readJson, toJson, type Versioned } from './files.js'
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
  writeIndex(id: CampaignId, parts: readonly ManifestPart[]): Promise<void>
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
    writeIndex: (id, parts) =>
      records.put(paths.manifestIndexFile(id), toJson({ v: VERSION, parts } as ManifestIndex)),
    readIndex: (id) => readJson(records, paths.manifestIndexFile(id), VERSION),
  }
}
