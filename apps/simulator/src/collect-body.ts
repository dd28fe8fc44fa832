import type { IncomingMessage } from 'node:http'

/** A larger body is 45002. */
export const MAX_BODY_BYTES = 1024 * 1024

/** Collects what comes, up to one byte more than is allowed; the rest is read and dropped. */
export function collectBody(req: IncomingMessage): () => Buffer {
  const chunks: Buffer[] = []
  let room = MAX_BODY_BYTES + 1
  req.on('data', (chunk: Buffer) => {
    if (room <= 0) return
    chunks.push(chunk.length <= room ? chunk : chunk.subarray(0, room))
    room -= chunk.length
  })
  return () => Buffer.concat(chunks)
}
