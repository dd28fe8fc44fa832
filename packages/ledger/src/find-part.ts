/**
 * Finds the part of a manifest that may hold a row, among any number of parts, without an index of them. Names have no leading
 * zeros, so that keys ascend as numbers do only among those of as many digits; longer ones stand in between, ten times as many
 * for each digit that the row has less. So the first rows are found by walking the parts, all others by short lists of names.
 */
import type { CampaignId, FeedEvent, Records } from '@sunpress/core'
import { listAll } from './files.js'
import * as paths from './paths.js'

/** Walked from the first one on, for a row that four full parts of a hundred million rows would reach. */
const MOST_WALKED = 4
/** Numbers looked at in one list: as many as a full part has, and so few that some thousand names stand among them at most. */
const WINDOW = 2_500
const DIGITS_OF_WINDOW = 5

export interface PartSource {
  readonly records: Pick<Records, 'list'>
  readPartAt(id: CampaignId, firstN: number): Promise<FeedEvent[] | null>
}

/** The largest first number of a part from `n` down to `n - most + 1`; null when there is none. */
export async function findPart(
  source: PartSource,
  id: CampaignId,
  n: number,
  most: number,
): Promise<number | null> {
  const walked = n <= most ? await walkTo(source, id, n) : null
  if (walked !== null) return walked
  const least = Math.max(1, n - most + 1)
  for (let high = n; high >= least; ) {
    const low = Math.max(least, high - windowAt(high) + 1, 10 ** (digitsOf(high) - 1))
    const found = await largestBetween(source.records, id, low, high)
    if (found !== null) return found
    high = low - 1
  }
  return null
}

/** null when the first parts don't reach it. */
async function walkTo({ readPartAt }: PartSource, id: CampaignId, n: number): Promise<number | null> {
  let firstN = 1
  for (let walked = 0; walked < MOST_WALKED; walked++) {
    const rows = await readPartAt(id, firstN)
    if (rows === null) return null
    if (firstN + rows.length > n) return firstN
    firstN += rows.length
  }
  return null
}

const digitsOf = (n: number): number => String(n).length

const windowAt = (n: number): number =>
  Math.max(1, Math.floor(WINDOW / 10 ** Math.max(0, DIGITS_OF_WINDOW - digitsOf(n))))

/** Of as many digits, both of them. */
async function largestBetween(
  records: Pick<Records, 'list'>,
  id: CampaignId,
  low: number,
  high: number,
): Promise<number | null> {
  const [firstKey, lastKey] = [paths.manifestPartFile(id, low), paths.manifestPartFile(id, high)]
  const before = firstKey.slice(0, firstKey.lastIndexOf('.'))
  let largest: number | null = null
  for await (const key of listAll(records, sharedStart(firstKey, lastKey), false, before)) {
    if (key > lastKey) break
    const n = paths.numberIn(key)
    if (n !== null && n >= low && n <= high) largest = Math.max(n, largest ?? n)
  }
  return largest
}

function sharedStart(a: string, b: string): string {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return a.slice(0, at)
}
