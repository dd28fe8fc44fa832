/**
 * A small PNG encoder: 8-bit RGBA, not interlaced. Deflated by run lengths only, so that a picture doesn't shrink
 * to the few kB that such a flat drawing can.
 */
import { constants, deflateSync } from 'node:zlib'
import { crc32 } from './crc32.js'
import type { Raster } from './raster.js'

/** The two parts of a PNG file between which a text chunk may stand. */
export type PngParts = { readonly head: Buffer; readonly rest: Buffer }

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

export function encodePng(raster: Raster): PngParts {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(raster.width, 0)
  header.writeUInt32BE(raster.height, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const pixels = deflateSync(filtered(raster), { level: 1, strategy: constants.Z_RLE })
  return {
    head: Buffer.concat([SIGNATURE, chunk('IHDR', header)]),
    rest: Buffer.concat([chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]),
  }
}

/** A tEXt chunk; the text must be Latin-1, which JSON with its non-ASCII characters escaped is. */
export function textChunk(keyword: string, text: string): Buffer {
  return chunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'))
}

function chunk(type: string, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(payload.length + 12)
  bytes.writeUInt32BE(payload.length, 0)
  bytes.write(type, 4, 'latin1')
  payload.copy(bytes, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, payload.length + 8)), payload.length + 8)
  return bytes
}

/** Each row behind its filter type: 2, the difference to the row above. */
function filtered(raster: Raster): Buffer {
  const stride = raster.width * 4
  const rows = Buffer.alloc((stride + 1) * raster.height)
  for (let row = 0; row < raster.height; row++) {
    const to = row * (stride + 1)
    rows[to] = 2
    for (let i = 0; i < stride; i++) {
      const above = row === 0 ? 0 : (raster.rgba[(row - 1) * stride + i] as number)
      rows[to + 1 + i] = (raster.rgba[row * stride + i] as number) - above
    }
  }
  return rows
}
