/**
 * A CSV as rows, by the batch. A bad line is one bad row and the rest goes on; a file without a usable header, or one that
 * ends inside of quotes, is fatal. Memory is bounded whatever comes. Does not know when a connection broke: the body throws.
 */
import { defective, type FieldDefect, fieldDefect, type RawRow } from '@sunpress/core'
import { batched } from './batch.js'
import { type CsvRecord, readRecords } from './csv-fields.js'
import { type CsvHeader, missingScene, parseHeader, ROW_COLUMNS, type RowColumn } from './csv-header.js'
import { frames } from './frames.js'
import { type BadLine, type Framed, firstLine } from './record-framer.js'

/**
 * `onHeader` is called once, before the first row. Lines count from 1, the header's included, and are those on which a
 * record starts. Records without any content are passed over, as empty lines are.
 */
export async function* csvRows(
  body: AsyncIterable<Uint8Array>,
  onHeader: (header: CsvHeader) => void = () => undefined,
): AsyncGenerator<RawRow[]> {
  let readRow: RowReader | null = null
  for await (const framed of frames(body, true)) {
    const rows: RawRow[] = []
    for (const piece of framed) {
      const records = 'bad' in piece ? [] : readRecords(piece.span)
      if (readRow === null) {
        const header = headerOf(piece, records.shift())
        if (!header.ok) return yield [fatalRow(firstLine(piece), header.defects)]
        onHeader(header.value)
        readRow = rowReader(header.value)
      } else if ('bad' in piece) {
        rows.push(badRow(piece.bad))
      }
      for (const record of records) if (hasContent(record)) rows.push(readRow(record))
    }
    yield* batched(rows)
  }
  if (readRow === null) yield [fatalRow(1, [missingScene([])])]
}

type RowReader = (record: CsvRecord) => RawRow

const headerOf = (piece: Framed, record: CsvRecord | undefined) =>
  'bad' in piece || record === undefined
    ? defective<CsvHeader>('bad' in piece ? piece.bad.defect : missingScene([]))
    : parseHeader(record)

const hasContent = ({ fields }: CsvRecord): boolean => fields.some((field) => field !== '')

/** An empty field says nothing: the row is read as if the column weren't there. */
function rowReader({ columns }: CsvHeader): RowReader {
  const known = ROW_COLUMNS.map((column) => [column, columns.indexOf(column)] as const).filter(
    ([, i]) => i !== -1,
  )
  return (record) => {
    const fields: Partial<Record<RowColumn, string>> = {}
    for (const [column, i] of known) {
      const value = record.fields[i]
      if (value) fields[column] = value
    }
    return { at: { line: record.line }, fields, defects: recordDefects(record, columns) }
  }
}

const NONE: readonly FieldDefect[] = []

function recordDefects(
  { fields, invalidUtf8 }: CsvRecord,
  columns: readonly string[],
): readonly FieldDefect[] {
  if (invalidUtf8 === -1 && fields.length <= columns.length) return NONE
  const defects: FieldDefect[] = []
  if (invalidUtf8 !== -1) {
    const expected = 'UTF-8 text (a GBK file wants saving as "CSV UTF-8")'
    defects.push(fieldDefect(columns[invalidUtf8] || 'row', 'utf8', expected, fields[invalidUtf8]))
  }
  if (fields.length > columns.length) {
    const expected = `at most ${columns.length} fields, as in the header (this has ${fields.length})`
    defects.push(fieldDefect('row', 'too_many_fields', expected, fields[columns.length]))
  }
  return defects
}

const badRow = ({ line, defect, fatal }: BadLine): RawRow =>
  fatal ? fatalRow(line, [defect]) : { at: { line }, fields: null, defects: [defect] }

const fatalRow = (line: number, defects: readonly FieldDefect[]): RawRow => ({
  at: { line },
  fields: null,
  defects,
  fatal: true,
})
