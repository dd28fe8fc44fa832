/** The fields of framed records: csv-parse reads them, and bytes that aren't UTF-8 are told by field. */
import { isUtf8 } from 'node:buffer'
import { parse } from 'csv-parse/sync'
import type { Span } from './record-framer.js'

export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
  /** Index of the first field whose bytes aren't UTF-8, -1 when there is none. */
  readonly invalidUtf8: number
}

/** The framer has seen to quotes, lengths and the byte order mark (csv-parse's `bom` would undo `encoding`). */
const OPTIONS = {
  record_delimiter: ['\r\n', '\n'],
  skip_empty_lines: true,
  relax_column_count: true,
  /** A quote inside of an unquoted field (12" pipe) is an ordinary character, for the framer too. */
  relax_quotes: true,
  max_record_size: 0,
}

export function readRecords(span: Span): CsvRecord[] {
  const utf8 = isUtf8(span.bytes)
  // Latin-1 keeps every byte, so that each field can be looked at by itself.
  const records = parse(span.bytes, { ...OPTIONS, encoding: utf8 ? 'utf8' : 'latin1' })
  if (records.length !== span.lines.length) {
    throw new Error(`csv-parse found ${records.length} records where ${span.lines.length} were framed`)
  }
  return records.map((fields, i) => {
    const line = span.lines[i] ?? 0
    return utf8 ? { line, fields, invalidUtf8: -1 } : decoded(line, fields)
  })
}

function decoded(line: number, fields: readonly string[]): CsvRecord {
  const bytes = fields.map((field) => Buffer.from(field, 'latin1'))
  return {
    line,
    fields: bytes.map((field) => field.toString('utf8')),
    invalidUtf8: bytes.findIndex((field) => !isUtf8(field)),
  }
}
