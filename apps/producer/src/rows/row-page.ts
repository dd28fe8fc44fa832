/** One page of a manifest, or of its failures: bounded in what is given and in what is looked at. */
import type { CampaignRecord } from '@sunpress/core'
import { ANY_GENERATION, type Cursor, formatCursor } from './cursor.js'
import { type PresentedRow, presentRow, type RowKind, type UrlOf } from './present-row.js'
import type { RowReader } from './row-reader.js'

export interface RowPage {
  readonly items: readonly PresentedRow[]
  /** null when there is no further row now. */
  readonly nextCursor: string | null
  /** Behind the last row that was looked at. */
  readonly resumeCursor: string
}

/**
 * Rows looked at for one page, 20 full parts: few failures among many rows make short pages, even empty ones. Each page goes on where
 * the last one ended, so that all of them together look at each row once.
 */
const MOST_LOOKED_AT = 50_000

export async function readRowPage(
  reader: RowReader,
  campaign: CampaignRecord,
  from: Cursor,
  wish: { kind: RowKind; limit: number; urlOf: UrlOf },
): Promise<RowPage> {
  const items: PresentedRow[] = []
  let place = from
  let looked = 0
  const isSuperseded = await reader.superseded(campaign)
  for await (const { rows, lastN, generation } of reader.read(campaign, from, wish.kind)) {
    for (const row of rows) {
      if (items.length === wish.limit || looked === MOST_LOOKED_AT) return page(items, place, true)
      const item = isSuperseded(row) ? null : presentRow(row, wish.kind, wish.urlOf)
      if (item !== null) items.push(item)
      place = { generation, n: row.n }
      looked++
    }
    place = { generation, n: lastN }
  }
  return page(items, place, false)
}

function page(items: readonly PresentedRow[], place: Cursor, more: boolean): RowPage {
  const cursor = formatCursor(place.n === 0 ? { generation: ANY_GENERATION, n: 0 } : place)
  return { items, nextCursor: more ? cursor : null, resumeCursor: cursor }
}
