/**
 * Unpacks a PNG's pixels and checks that they are exactly as many as the header promises.
 * Memory is bounded by the header's dimensions, never by the packed bytes.
 */
import { inflateSync } from 'node:zlib'
import type { PngFlaw } from '../inspection.js'
import { type Header, type Pass, passesOf } from './header.js'

const FIRST_BLOCK_BYTES = 1 << 20
const LAST_FILTER = 4

export function judgePixels(header: Header, packed: Uint8Array): PngFlaw | undefined {
  const passes = passesOf(header)
  const promised = passes.reduce((sum, { rows, rowBytes }) => sum + rows * rowBytes, 0)
  const unpacked = unpack(packed, promised)
  if (typeof unpacked === 'string') return unpacked
  if (unpacked.length !== promised) return 'data_length'
  return hasOnlyFilters(unpacked, passes) ? undefined : 'bad_filter'
}

function unpack(packed: Uint8Array, promised: number): Uint8Array | PngFlaw {
  try {
    const { buffer, engine } = inflateWithInfo(packed, promised)
    // Bytes after the end of the zlib stream are ignored by zlib, not by us.
    return engine.bytesWritten === packed.length ? buffer : 'data_length'
  } catch (cause) {
    return codeOf(cause) === 'ERR_BUFFER_TOO_LARGE' ? 'data_length' : 'data_undecodable'
  }
}

type WithInfo = { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }

function inflateWithInfo(packed: Uint8Array, promised: number): WithInfo {
  // One spare byte lets the stream end within the first block; zlib wants blocks of at least 64.
  const chunkSize = Math.min(Math.max(promised + 1, 64), FIRST_BLOCK_BYTES)
  // With `info` the result is { buffer, engine }, which the types don't know (https://nodejs.org/api/zlib.html#class-options).
  return inflateSync(packed, { maxOutputLength: promised, chunkSize, info: true }) as unknown as WithInfo
}

const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && 'code' in cause ? cause.code : undefined

function hasOnlyFilters(pixels: Uint8Array, passes: readonly Pass[]): boolean {
  let at = 0
  for (const { rows, rowBytes } of passes) {
    for (let row = 0; row < rows; row++, at += rowBytes) {
      if ((pixels[at] ?? 0) > LAST_FILTER) return false
    }
  }
  return true
}
