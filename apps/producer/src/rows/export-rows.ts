/**
 * A manifest as one stream, NDJSON or CSV. Made as it is read: memory stays bounded whatever the campaign. Each row carries the
 * cursor behind it, so that a stream that broke off can be gone on with. One that can't be gone on with fails, and never ends
 * as if it were whole.
 */
import type { CampaignRecord, FeedEvent } from '@sunpress/core'
import { type Cursor, formatCursor } from './cursor.js'
import { presentRow, type RowKind, type UrlOf } from './present-row.js'
import type { RowReader } from './row-reader.js'

export type ExportFormat = 'application/x-ndjson' | 'text/csv'

const FACTS = ['n', 'index', 'scene', 'page', 'ref', 'caption'] as const
/** What a reader remembers a row by, and goes on with. */
const PLACE = ['id', 'cursor'] as const
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
    ...PLACE,
  ],
  failures: [...FACTS, 'errcode', 'reason', 'rid', 'attempts', 'refusedAt', ...PLACE],
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
  /** Not before it is known that there is something to be read: until then there may be another answer. */
  let head = isCsv ? `${columns.join(',')}\r\n` : ''
  const toLine = isCsv ? (row: object) => csvLine(columns, row) : (row: object) => `${JSON.stringify(row)}\n`
  const isSuperseded = await reader.superseded(campaign)
  for await (const { rows, generation } of reader.read(campaign, from, kind)) {
    const lineOf = (row: FeedEvent): string => {
      const presented = isSuperseded(row) ? null : presentRow(row, kind, urlOf)
      return presented === null
        ? ''
        : toLine({ ...presented, cursor: formatCursor({ generation, n: row.n }) })
    }
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const text = rows
        .slice(at, at + ROWS_AT_ONCE)
        .map(lineOf)
        .join('')
      if (text === '') continue
      yield head + text
      head = ''
    }
  }
  if (head !== '') yield head
}

function csvLine(columns: readonly string[], row: object): string {
  const fields = row as Readonly<Record<string, unknown>>
  return `${columns.map((name) => csvCell(fields[name])).join(',')}\r\n`
}

/** A cell that a spreadsheet would take for a formula gets a leading quote mark. */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
