/**
 * A CSV as rows, by the batch. A bad line is one bad row and the rest goes on; a file without a usable header, or one that
 * ends inside of quotes, is fatal. Memory is bounded whatever comes. Does not know when a connection broke: the body throws.
 */
import { fieldDefect, type RawRow } from '@sunpress/core'
import { type CsvRecord, readRecords } from './csv-fields.js'
import { type CsvHeader, missingScene, parseHeader, ROW_COLUMNS, type RowColumn } from './csv-header.js'
import { frames } from './frames.js'
import type { BadLine, Span } from './record-framer.js'

export type { CsvHeader } from './csv-header.js'

/**
 * `onHeader` is called once, before the first row. Lines count from 1, the header's included, and are those on which a
 * record starts. Records without any content are passed over, as empty lines are.
 */
export async function* csvRows(
  body: AsyncIterable<Uint8Array>,
  onHeader?: (header: CsvHeader) => void,
): AsyncGenerator<RawRow[]> {
  let reader: RowReader | null = null
  for await (const framed of frames(body, true)) {
    for (const piece of framed) {
      if ('bad' in piece) {
        const fatal = piece.bad.fatal || reader === null
        yield [unreadable(piece.bad, fatal)]
        if (fatal) return
        continue
      }
      const records = readRecords(piece.span)
      if (reader === null) {
        const header = parseHeader(records.shift() as CsvRecord)
        if (!header.ok) return yield [{ at: { line: headerLine(piece.span), bare: false } as never, fields: null, defects: header.defects, fatal: true }]
        onHeader?.(header.value)
        reader = rowReader(header.value)
      }
      const rows = records.filter(hasContent).map(reader)
      if (rows.length > 0) yield rows
    }
  }
  if (reader === null) yield [{ at: { line: 1 }, fields: null, defects: [missingScene([])], fatal: true }]
}
