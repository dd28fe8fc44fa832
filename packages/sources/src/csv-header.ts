/** The header of a CSV: which field of a record is what. */
import { defective, type FieldDefect, fieldDefect, type Parsed, parsed } from '@sunpress/core'
import type { CsvRecord } from './csv-fields.js'

export const ROW_COLUMNS = ['scene', 'page', 'ref', 'caption'] as const
export type RowColumn = (typeof ROW_COLUMNS)[number]

export interface CsvHeader {
  /** As they stand in the file, without white space around them. */
  readonly columns: readonly string[]
  /** Those that mean nothing to us: their fields are left out. Columns without a name aren't listed. */
  readonly ignoredColumns: readonly string[]
}

/** Names are matched exactly. All defects at once. */
export function parseHeader(record: CsvRecord): Parsed<CsvHeader> {
  if (record.invalidUtf8 !== -1)
    return defective(fieldDefect('row', 'utf8', 'a file in UTF-8', record.fields))
  const columns = record.fields.map((name) => name.trim())
  const defects = duplicates(columns).map((name) =>
    fieldDefect(name, 'duplicate_column', 'each column once in the header', columns.join(',')),
  )
  if (!columns.includes('scene')) defects.push(missingScene(columns))
  if (defects.length > 0) return defective(...defects)
  return parsed({ columns, ignoredColumns: columns.filter((name) => name !== '' && !isRowColumn(name)) })
}

/** `columns`: those that came. */
export const missingScene = (columns: readonly string[]): FieldDefect =>
  fieldDefect('scene', 'missing_column', 'a header row with a column "scene"', columns.join(','))

const isRowColumn = (name: string): name is RowColumn => ROW_COLUMNS.some((known) => known === name)

function duplicates(columns: readonly string[]): string[] {
  const again = columns.filter((name, i) => name !== '' && columns.indexOf(name) !== i)
  return [...new Set(again)]
}
