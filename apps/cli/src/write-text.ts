/** Text of any length on an output, no faster than whoever reads it. A reader that stops reading ends it without a failure. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Output } from './context.js'

type Pieces = AsyncIterable<string | Uint8Array>

export async function writeText(output: Output, pieces: Pieces): Promise<void> {
  try {
    await pipeline(Readable.from(pieces, { objectMode: false }), output, { end: false })
  } catch (error) {
    if (!isClosed(error)) throw error
  }
}

const isClosed = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')

/** One document `{"items":[…]}`, a row a line; nothing of it before the first row is there. */
export async function* jsonItems(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  let before = '{"items":[\n  '
  for await (const row of rows) {
    yield before + JSON.stringify(row)
    before = ',\n  '
  }
  yield before === ',\n  ' ? '\n]}\n' : '{"items":[]}\n'
}
