/** From what a source gives to parts in the ledger: each row is planned, and goes to a part or to what is told about it. */
import { setImmediate } from 'node:timers/promises'
import { type BadRows, type Look, planRow, type RawRow, type RowError } from '@sunpress/core'
import { invalid, MOST_ERRORS } from '../problem.js'
import type { PartWriter } from './part-writer.js'

export type RowBatches = AsyncIterable<RawRow[]> | Iterable<RawRow[]>

export interface WrittenScenes {
  readonly total: number
  readonly skipped: number
  /** Rows with a page of their own. */
  readonly ownPages: number
}

/** The largest campaign that the rest is built for. */
const MOST_ROWS = 100_000_000
/** Of one bad row, in the ledger. */
const ERRORS_KEPT_PER_ROW = 20

/** Throws Problem 422 with the rows' errors where no campaign is to be made; parts may stand in the ledger then. */
export async function writeScenes(
  batches: RowBatches,
  parts: PartWriter,
  { look, badRows }: { look: Look; badRows: BadRows },
): Promise<WrittenScenes> {
  const told = createErrorBook()
  let [skipped, ownPages] = [0, 0]
  for await (const batch of batches) {
    for (const raw of batch) {
      const planned = planRow(raw, look)
      if ('row' in planned) {
        if (planned.row.page !== undefined) ownPages++
        const full = told.rows === 0 || badRows === 'skip' ? parts.add(planned.row) : null
        if (full !== null) await full
        continue
      }
      told.add(planned.errors)
      if (raw.fatal === true) throw refusal('No campaign can be made of this source.', told)
      if (badRows === 'refuse') continue
      skipped++
      await parts.addBad({ ...raw.at, errors: planned.errors.slice(0, ERRORS_KEPT_PER_ROW) })
    }
    if (parts.rows > MOST_ROWS) throw invalid(`A campaign has at most ${MOST_ROWS} rows.`, [])
    // A source in memory never waits by itself; others want their turn.
    await setImmediate()
  }
  if (badRows === 'refuse' && told.rows > 0) {
    throw refusal(`${told.rows} bad rows. Mend them, or send badRows=skip to leave them out.`, told)
  }
  if (parts.rows === 0) throw refusal('There is no row to print.', told)
  await parts.finish()
  return { total: parts.rows, skipped, ownPages }
}

interface ErrorBook {
  readonly errors: RowError[]
  count: number
  rows: number
  add(errors: readonly RowError[]): void
}

function createErrorBook(): ErrorBook {
  return {
    errors: [],
    count: 0,
    rows: 0,
    add(errors) {
      this.rows++
      this.count += errors.length
      this.errors.push(...errors.slice(0, MOST_ERRORS - this.errors.length))
    },
  }
}

const refusal = (detail: string, { errors, count }: ErrorBook) => invalid(detail, errors, count)
