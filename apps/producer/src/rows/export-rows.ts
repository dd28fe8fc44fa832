/** A manifest as one stream, NDJSON or CSV. Made as it is read: memory stays bounded whatever the campaign. */
import type { CampaignRecord } from '@sunpress/core'
import type { Cursor } from './cursor.js'
import { type PresentedRow, presentRow, type RowKind, type UrlOf } from './present-row.js'
import type { RowReader } from './row-reader.js'

export type ExportFormat = 'application/x-ndjson' | 'text/csv'

const FACTS = ['n', 'index', 'scene', 'page', 'ref', 'caption'] as const
const COLUMNS: Readonly<Record<RowKind, readonly string[]>> = {
  manifest: [
    ...FACTS,
    'codeId',
    'key',
    'url',
    'bytes',
    'sha256',
    'contentType',
    'width',
    'reused',
    'publishedAt',
  ],
  failures: [...FACTS, 'errcode', 'reason', 'rid', 'attempts', 'refusedAt'],
}

const ROWS_AT_ONCE = 500

export async function* exportRows(
  reader: RowReader,
  campaign: CampaignRecord,
  from: Cursor,
  { kind, format, urlOf }: { kind: RowKind; format: ExportFormat; urlOf: UrlOf },
): AsyncGenerator<string> {
  const columns = COLUMNS[kind]
  const isCsv = format === 'text/csv'
  if (isCsv) yield `${columns.join(',')}\r\n`
  const toLine = isCsv
    ? (row: PresentedRow) => csvLine(columns, row)
    : (row: PresentedRow) => `${JSON.stringify(row)}\n`
  for await (const { rows } of reader.read(campaign, from)) {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const some = rows.slice(at, at + ROWS_AT_ONCE).map((row) => presentRow(row, kind, urlOf))
      const text = some.map((row) => (row === null ? '' : toLine(row))).join('')
      if (text !== '') yield text
    }
  }
}

function csvLine(columns: readonly string[], row: PresentedRow): string {
  const fields = row as unknown as Readonly<Record<string, unknown>>
  return `${columns.map((name) => csvCell(fields[name])).join(',')}\r\n`
}

/** A cell that a spreadsheet would take for a formula gets a leading quote mark. */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
