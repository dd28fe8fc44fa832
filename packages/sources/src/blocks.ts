/** Gathers the chunks of a body into blocks of 64 kB, so that whatever follows costs by the byte, not by the chunk. */
export const BLOCK_BYTES = 65_536

export async function* blocks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(BLOCK_BYTES)
  let used = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + BLOCK_BYTES - used)
      block.set(part, used)
      used += part.length
      at += part.length
      if (used < BLOCK_BYTES) continue
      yield block
      block = Buffer.allocUnsafe(BLOCK_BYTES)
      used = 0
    }
  }
  if (used > 0) yield block.subarray(0, used)
}
