/**
 * Campaigns whose pictures are taken away for good: `purging.json` stands from the first moment of it, `purged.json` from when the
 * last picture has gone, and `purging.json` goes when nothing is left to be done.
 */
import type { CampaignId, Records } from '@sunpress/core'
import { readJson, toJson, type Versioned } from './files.js'
import { purgedFile, purgeFiles, purgingFile } from './paths.js'

export interface PurgingRecord extends Versioned {
  /** ISO 8601, UTC: when the first attempt began; all that is withdrawn is withdrawn at this time. */
  readonly at: string
}

export interface PurgedRecord extends Versioned {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly withdrawn: number
  /** Stayed, since others had published them. */
  readonly shared: number
}

const VERSION = 1

/** Has a purge of it begun, or ended? Then nothing opens it again. One list: between two reads the one file may follow the other. */
export const isPurged = async (records: Records, id: CampaignId): Promise<boolean> =>
  (await records.list(purgeFiles(id))).keys.length > 0

/** Create-only: what the first attempt wrote stays. */
export async function beginPurging(records: Records, id: CampaignId, at: string): Promise<void> {
  await records.putIfAbsent(purgingFile(id), toJson({ v: VERSION, at } satisfies PurgingRecord))
}

export const readPurging = (records: Records, id: CampaignId): Promise<PurgingRecord | null> =>
  readJson(records, purgingFile(id), VERSION)

export const endPurging = (records: Records, id: CampaignId): Promise<void> => records.remove(purgingFile(id))

/** Create-only: the counts of the attempt that took the last picture stay. */
export async function writePurged(
  records: Records,
  id: CampaignId,
  purged: Omit<PurgedRecord, 'v'>,
): Promise<void> {
  await records.putIfAbsent(purgedFile(id), toJson({ v: VERSION, ...purged }))
}

export const readPurged = (records: Records, id: CampaignId): Promise<PurgedRecord | null> =>
  readJson(records, purgedFile(id), VERSION)
