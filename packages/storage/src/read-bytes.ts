/** Reads of part of what is in memory already: pictures are small, so no reader holds a file or a connection open. */
import type { OpenCode, ReadRange } from '@sunpress/core'

/** A picture for a reader, `bytes` being the size of the whole of it; a range behind its end reads nothing. */
export function openBytes(
  whole: Uint8Array,
  closedAtMs: number,
  range: ReadRange | undefined,
  sha256: string | null = null,
): OpenCode {
  const part = range === undefined ? whole : cutBytes(whole, range.from, range.to)
  return { bytes: whole.byteLength, closedAtMs, sha256, body: oneChunk(part) }
}

export function cutBytes(whole: Uint8Array, from: number, to: number): Uint8Array {
  checkRange(from, to)
  return whole.subarray(from, to + 1)
}

/** Both ends included, as in HTTP. */
export function checkRange(from: number, to: number): void {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) {
    throw new TypeError(`not a range of bytes: ${from}-${to}`)
  }
}

export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
}
