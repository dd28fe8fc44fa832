/**
 * Walks a PNG chunk by chunk to IEND, which must be its end, checks every CRC, and unpacks the pixels.
 * Doesn't judge ancillary chunks beyond their CRC. Format: https://www.w3.org/TR/png-3/
 */
import { crc32 } from 'node:zlib'
import { type Broken, broken, type Inspection, type PngFlaw, whole } from '../inspection.js'
import { PNG_SIGNATURE_BYTES } from '../recognize.js'
import { type Header, INDEXED_COLOUR, parseHeader } from './header.js'
import { judgePixels } from './unpack.js'

/** Length, type and CRC of a chunk without data. */
const FRAMING_BYTES = 12
const MAX_CHUNK_BYTES = 0x7fff_ffff

type Chunk = { readonly type: string; readonly data: Buffer; readonly at: number; readonly end: number }

/** What the walk has seen so far. */
type Walk = { header: Header | undefined; palette: boolean; data: Buffer[]; dataAt: number; dataEnd: number }

export function inspectPng(bytes: Buffer): Inspection {
  const walk: Walk = { header: undefined, palette: false, data: [], dataAt: 0, dataEnd: 0 }
  let at = PNG_SIGNATURE_BYTES
  for (;;) {
    const chunk = readChunk(bytes, at)
    if ('whole' in chunk) return chunk
    const flaw = advance(walk, chunk)
    if (flaw !== undefined) return malformed(flaw, at)
    at = chunk.end
    if (chunk.type === 'IEND') return conclude(bytes, walk, at)
  }
}

const malformed = (detail: PngFlaw, atByte: number): Broken =>
  broken({ code: 'malformed', format: 'png', detail, atByte })

function readChunk(bytes: Buffer, at: number): Chunk | Broken {
  const truncated = broken({ code: 'truncated', format: 'png', bytes: bytes.length })
  if (bytes.length - at < FRAMING_BYTES) return truncated
  const length = bytes.readUInt32BE(at)
  if (length > MAX_CHUNK_BYTES) return malformed('bad_chunk_length', at)
  const end = at + FRAMING_BYTES + length
  if (end > bytes.length) return truncated
  const type = bytes.toString('latin1', at + 4, at + 8)
  if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) {
    return broken({ code: 'bad_crc', format: 'png', chunk: printable(type), atByte: at })
  }
  return { type, data: bytes.subarray(at + 8, end - 4), at, end }
}

/** Chunk types are four letters; anything else must not reach a log as it is. */
const printable = (type: string): string => (/^[A-Za-z]{4}$/.test(type) ? type : '????')

function advance(walk: Walk, chunk: Chunk): PngFlaw | undefined {
  if (walk.header === undefined) return takeHeader(walk, chunk)
  switch (chunk.type) {
    case 'IHDR':
      return 'second_header'
    case 'PLTE':
      return takePalette(walk, chunk)
    case 'IDAT':
      return takeData(walk, chunk)
    case 'IEND':
      return chunk.data.length === 0 ? undefined : 'bad_end'
    default:
      // A lower-case first letter marks what a decoder may leave out; everything else it would have to know.
      return /^[a-z][A-Za-z]{3}$/.test(chunk.type) ? undefined : 'unknown_chunk'
  }
}

function takeHeader(walk: Walk, chunk: Chunk): PngFlaw | undefined {
  if (chunk.type !== 'IHDR') return 'header_missing'
  const header = parseHeader(chunk.data)
  if (typeof header === 'string') return header
  walk.header = header
  return undefined
}

function takePalette(walk: Walk, { data }: Chunk): PngFlaw | undefined {
  const entries = data.length / 3
  const misplaced = walk.palette || walk.data.length > 0
  if (misplaced || !Number.isInteger(entries) || entries < 1 || entries > 256) return 'bad_palette'
  walk.palette = true
  return undefined
}

function takeData(walk: Walk, { data, at, end }: Chunk): PngFlaw | undefined {
  if (walk.header?.colourType === INDEXED_COLOUR && !walk.palette) return 'palette_missing'
  if (walk.data.length === 0) walk.dataAt = at
  else if (walk.dataEnd !== at) return 'data_scattered'
  walk.data.push(data)
  walk.dataEnd = end
  return undefined
}

function conclude(bytes: Buffer, { header, data, dataAt }: Walk, end: number): Inspection {
  if (end < bytes.length) {
    return broken({ code: 'trailing_bytes', format: 'png', atByte: end, trailing: bytes.length - end })
  }
  if (header === undefined) return malformed('header_missing', PNG_SIGNATURE_BYTES)
  const [first] = data
  if (first === undefined) return malformed('data_missing', end)
  const flaw = judgePixels(header, data.length === 1 ? first : Buffer.concat(data))
  return flaw === undefined ? whole('png', header.width, header.height) : malformed(flaw, dataAt)
}
