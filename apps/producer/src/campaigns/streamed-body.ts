/** A body as it streams in, counted and hashed on its way. One that is cut off throws. */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { badRequest } from '../problem.js'

export interface StreamedBody {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Lower-case hex over what has been read. */
  sha256(): string
}

/** `expectedBytes`: what Content-Length says, null when it says nothing. */
export function streamedBody(body: Readable, expectedBytes: number | null): StreamedBody {
  const hash = createHash('sha256')
  async function* read(): AsyncGenerator<Uint8Array> {
    let received = 0
    try {
      // An early answer must still find its socket.
      for await (const chunk of body.iterator({ destroyOnReturn: false })) {
        const bytes = chunk as Uint8Array
        received += bytes.byteLength
        hash.update(bytes)
        yield bytes
      }
    } catch (cause) {
      throw cutOff(cause)
    }
    if (expectedBytes !== null && received !== expectedBytes) throw cutOff(undefined)
  }
  return { bytes: read(), sha256: () => hash.copy().digest('hex') }
}

/** Reads to the end, for the hash alone. */
export async function drain(body: StreamedBody): Promise<void> {
  for await (const _chunk of body.bytes);
}

const cutOff = (cause: unknown) => {
  const problem = badRequest('cut_off', 'The body was cut off: no campaign was made.')
  problem.cause = cause
  return problem
}
