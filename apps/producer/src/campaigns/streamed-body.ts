/** A body as it streams in, counted and hashed on its way. One that is cut off throws. */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { badRequest, Problem } from '../problem.js'

export interface StreamedBody {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Lower-case hex over what has been read. */
  sha256(): string
}

/** Longest wait for the next piece of a body. A client that is gone without a word would hold its Idempotency-Key for ever. */
const IDLE_MS = 60_000

/** `expectedBytes`: what Content-Length says, null when it says nothing. Throws Problem `cut_off` also for one that stands still. */
export function streamedBody(body: Readable, expectedBytes: number | null): StreamedBody {
  const hash = createHash('sha256')
  async function* read(): AsyncGenerator<Uint8Array> {
    let received = 0
    // An early answer must still find its socket.
    for await (const bytes of withoutPauses(body.iterator({ destroyOnReturn: false }))) {
      received += bytes.byteLength
      hash.update(bytes)
      yield bytes
    }
    if (expectedBytes !== null && received !== expectedBytes) throw cutOff(undefined)
  }
  return { bytes: read(), sha256: () => hash.copy().digest('hex') }
}

/** Counts only the time that is spent waiting for the client, never the time that the rows take to be written. */
async function* withoutPauses(chunks: AsyncIterator<unknown>): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const next = await inTime(chunks.next())
      if (next.done === true) return
      yield next.value as Uint8Array
    }
  } finally {
    // Lets go of the body. Not waited for: a chunk that is still awaited may never come.
    chunks.return?.().catch(() => {})
  }
}

async function inTime<T>(next: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const idle = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(stoodStill()), IDLE_MS)
  })
  try {
    // The one that comes too late breaks with its socket, and is awaited by this alone.
    return await Promise.race([next, idle])
  } catch (cause) {
    throw cause instanceof Problem ? cause : cutOff(cause)
  } finally {
    clearTimeout(timer)
  }
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

/** Its connection ends with the answer: what may still come belongs to no request. */
const stoodStill = (): Problem => {
  const detail = `Nothing came of the body for ${IDLE_MS / 1_000} seconds: no campaign was made.`
  return new Problem(400, 'cut_off', detail, { headers: { connection: 'close' } })
}
