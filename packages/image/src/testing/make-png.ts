/**
 * Makes PNGs for tests, chunk by chunk, so that a test can put a false chunk with a true CRC anywhere.
 */
import { crc32, deflateSync } from 'node:zlib'

export const PNG_SIGNATURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export type PngOptions = {
  readonly width: number
  readonly height?: number
  /** IHDR's colour type and bit depth; 8-bit RGBA unless told. */
  readonly colourType?: number
  readonly depth?: number
  readonly idatChunks?: number
  readonly interlace?: 0 | 1
  /** The unpacked rows, where they shan't be the right ones. */
  readonly rows?: Uint8Array
}

export function makePng(options: PngOptions): Uint8Array {
  return Buffer.concat([PNG_SIGNATURE, ...makeChunks(options)])
}

/** IHDR, PLTE where the colour type is indexed, IDAT …, IEND. */
export function makeChunks(options: PngOptions): Uint8Array[] {
  const { colourType = 6, depth = 8, idatChunks = 1 } = options
  const packed = deflateSync(options.rows ?? makeRows(options))
  const share = Math.ceil(packed.length / idatChunks)
  return [
    makeHeader({ ...options, colourType, depth }),
    ...(colourType === 3 ? [makeChunk('PLTE', new Uint8Array(3 * 2 ** depth))] : []),
    ...Array.from({ length: idatChunks }, (_, n) =>
      makeChunk('IDAT', packed.subarray(n * share, (n + 1) * share)),
    ),
    makeChunk('IEND'),
  ]
}

export function makeHeader({
  width,
  height = width,
  colourType = 6,
  depth = 8,
  interlace = 0,
}: PngOptions): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, colourType, 0, 0, interlace], 8)
  return makeChunk('IHDR', header)
}

export function makeChunk(type: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const chunk = Buffer.alloc(data.length + 12)
  chunk.writeUInt32BE(data.length, 0)
  chunk.write(type, 4, 'latin1')
  chunk.set(data, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), data.length + 8)
  return chunk
}

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** Rows without interlace: a filter byte (0–4 in turn) and a pattern. */
export function makeRows({ width, height = width, colourType = 6, depth = 8 }: PngOptions): Uint8Array {
  const rowBytes = 1 + Math.ceil((width * (CHANNELS[colourType] ?? 1) * depth) / 8)
  return Uint8Array.from({ length: height * rowBytes }, (_, at) =>
    at % rowBytes === 0 ? (at / rowBytes) % 5 : (at * 7) & 255,
  )
}
