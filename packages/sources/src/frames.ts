/** A body as records, its byte order mark left out. */
import { blocks } from './blocks.js'
import { type Framed, RecordFramer } from './record-framer.js'

/** `quoted` as for the framer. */
export async function* frames(body: AsyncIterable<Uint8Array>, quoted: boolean): AsyncGenerator<Framed[]> {
  const framer = new RecordFramer(quoted)
  let first = true
  for await (const block of blocks(body)) {
    yield framer.push(first ? withoutMark(block) : block, false)
    first = false
  }
  yield framer.push(Buffer.alloc(0), true)
}

const withoutMark = (block: Buffer): Buffer =>
  block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf ? block.subarray(3) : block
