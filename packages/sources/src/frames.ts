/** A body as records: UTF-8, its byte order mark left out. */
import { type FieldDefect, fieldDefect } from '@sunpress/core'
import { blocks } from './blocks.js'
import { type Framed, RecordFramer } from './record-framer.js'

/** `quoted` as for the framer. Ends after a fatal defect. */
export async function* frames(body: AsyncIterable<Uint8Array>, quoted: boolean): AsyncGenerator<Framed[]> {
  const framer = new RecordFramer(quoted)
  let first = true
  for await (const block of blocks(body)) {
    const encoding = first ? encodingDefect(block) : null
    if (encoding !== null) return yield [{ bad: { line: 1, defect: encoding, fatal: true } }]
    yield framer.push(first ? withoutMark(block) : block, false)
    first = false
  }
  yield framer.push(Buffer.alloc(0), true)
}

const withoutMark = (block: Buffer): Buffer =>
  block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf ? block.subarray(3) : block

function encodingDefect(block: Buffer): FieldDefect | null {
  const mark = block.length < 2 ? 0 : block.readUInt16BE(0)
  return mark === 0xfeff || mark === 0xfffe ? fieldDefect('row', 'utf8', 'a file in UTF-8', 'UTF-16') : null
}
