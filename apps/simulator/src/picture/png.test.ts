import { inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { crc32 } from './crc32.js'
import { encodePng, textChunk } from './png.js'
import { drawSunCode } from './sun-code.js'

type Chunk = { type: string; payload: Buffer; crcRight: boolean }

function readChunks(file: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at)
    const body = file.subarray(at + 4, at + 8 + length)
    const crcRight = crc32(body) === file.readUInt32BE(at + 8 + length)
    chunks.push({ type: body.toString('latin1', 0, 4), payload: body.subarray(4), crcRight })
    at += 12 + length
  }
  return chunks
}

test('the CRC is the one of the PNG specification', () => {
  expect(crc32(Buffer.from('IEND')).toString(16)).toBe('ae426082')
  expect(crc32(Buffer.from('123456789')).toString(16)).toBe('cbf43926')
})

test('a transparent picture is RGBA and inflates to exactly what was drawn', () => {
  const raster = drawSunCode({ width: 300, colour: { r: 9, g: 8, b: 7 }, transparent: true, variant: 5 })
  const { head, rest } = encodePng(raster)
  const file = Buffer.concat([head, textChunk('Comment', '{"a":1}'), rest])
  const chunks = readChunks(file)
  expect(file.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
  expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'tEXt', 'IDAT', 'IEND'])
  expect(chunks.every(({ crcRight }) => crcRight)).toBe(true)
  expect(chunks[0]?.payload.toString('hex')).toBe('0000012c0000012c0806000000')
  expect(unfilter(inflateSync(chunks[2]?.payload ?? ''), 300).equals(Buffer.from(raster.rgba))).toBe(true)
  expect(raster.rgba.subarray(0, 4)).toEqual(new Uint8Array([255, 255, 255, 0]))
})

/** Rows of filter type 2 only. */
function unfilter(rows: Buffer, width: number): Buffer {
  const stride = width * 4
  const pixels = Buffer.alloc(stride * width)
  for (let row = 0; row < width; row++) {
    expect(rows[row * (stride + 1)]).toBe(2)
    for (let i = 0; i < stride; i++) {
      const above = row === 0 ? 0 : (pixels[(row - 1) * stride + i] as number)
      pixels[row * stride + i] = (rows[row * (stride + 1) + 1 + i] as number) + above
    }
  }
  return pixels
}
