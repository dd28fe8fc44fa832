/** Pages of the rows that a campaign left out: they stand in the ledger before the campaign does, and never change. */
import type { CampaignId, RowError } from '@sunpress/core'
import type { BadRow, CampaignLedger } from '@sunpress/ledger'
import { badCursor } from '../problem.js'

/** `<file>.<row>`, both from 0: the next row to give. */
interface BadRowCursor {
  readonly file: number
  readonly row: number
}

export interface BadRowPage {
  readonly items: readonly BadRow[]
  readonly nextCursor: string | null
}

export async function readBadRowPage(
  ledger: Pick<CampaignLedger, 'readBadRows'>,
  id: CampaignId,
  { file, row }: BadRowCursor,
  limit: number,
): Promise<BadRowPage> {
  const items: BadRow[] = []
  for (
    let rows = await ledger.readBadRows(id, file);
    rows !== null;
    rows = await ledger.readBadRows(id, file)
  ) {
    const some = rows.slice(row, row + limit - items.length)
    items.push(...some.map(present))
    if (row + some.length < rows.length) return { items, nextCursor: `${file}.${row + some.length}` }
    file++
    row = 0
  }
  return { items, nextCursor: null }
}

/** Without what the ledger keeps for itself. */
const present = ({ line, pointer, errors }: BadRow): BadRow => ({
  ...(line === undefined ? {} : { line }),
  ...(pointer === undefined ? {} : { pointer }),
  errors: errors.map((error): RowError => ({ ...error, value: error.value ?? null })),
})

/** Throws Problem 400. */
export function parseBadRowCursor(text: string | undefined): BadRowCursor {
  if (text === undefined || text === '') return { file: 0, row: 0 }
  const [, file, row] = /^(\d{1,9})\.(\d{1,9})$/.exec(text) ?? []
  if (file !== undefined && row !== undefined) return { file: Number(file), row: Number(row) }
  throw badCursor(text)
}
