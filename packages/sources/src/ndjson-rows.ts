/** NDJSON as rows, by the batch: each line as an item of `scenes`. A bad line is one bad row; a torn last line is fatal. */
import { isUtf8 } from 'node:buffer'
import { fieldDefect, type RawRow } from '@sunpress/core'
import { batched } from './batch.js'
import { frames } from './frames.js'
import { readJsonRow } from './json-row.js'
import type { Framed, Span } from './record-framer.js'

const LF = 0x0a

export async function* ndjsonRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<RawRow[]> {
  for await (const framed of frames(body, false)) {
    yield* batched(framed.flatMap(rowsOf))
  }
}

const rowsOf = (piece: Framed): RawRow[] =>
  'bad' in piece
    ? [
        {
          at: { line: piece.bad.line },
          fields: null,
          defects: [piece.bad.defect],
          ...fatalIf(piece.bad.fatal),
        },
      ]
    : piece.span.lines.map((line, i) => lineRow(piece.span, line, i))

function lineRow({ bytes, starts }: Span, line: number, i: number): RawRow {
  const at = { line }
  const json = bytes.subarray(starts[i], starts[i + 1])
  const text = json.toString('utf8').trim()
  if (!isUtf8(json)) return { at, fields: null, defects: [fieldDefect('row', 'utf8', 'UTF-8 text', text)] }
  try {
    const { fields, defects } = readJsonRow(JSON.parse(text))
    return { at, fields, defects }
  } catch {
    const torn = json[json.length - 1] !== LF
    const defect = fieldDefect('row', torn ? 'cut_off' : 'json', 'one whole JSON value', text)
    return { at, fields: null, defects: [defect], ...fatalIf(torn) }
  }
}

const fatalIf = (fatal: boolean) => (fatal ? { fatal: true as const } : {})
