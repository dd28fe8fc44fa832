/**
 * A small baseline JPEG encoder: JFIF 1.01, three components, 4:2:0, every quantiser entry 1, as WeChat's pictures are.
 * Promises a file that any decoder reads, of exactly the size asked. Not a general encoder: no other quality, no grey.
 */
import { createBitWriter } from './bit-writer.js'
import { forwardDct } from './dct.js'
import {
  AC_CHROMA,
  AC_LUMA,
  assignCodes,
  DC_CHROMA,
  DC_LUMA,
  type HuffmanCodes,
  type HuffmanTable,
} from './huffman.js'
import { type Planes, toPlanes } from './planes.js'
import type { Raster } from './raster.js'

/** The two parts of a JPEG file between which a comment segment may stand. */
export type JpegParts = { readonly head: Buffer; readonly rest: Buffer }

const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
]

/** Start of image and the JFIF 1.01 header, pixel aspect 1:1, no thumbnail. */
const HEAD = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex')

/** Encodes the raster's colours (alpha is not looked at). */
export function encodeJpeg(raster: Raster): JpegParts {
  return encodePlanes(toPlanes(raster), raster)
}

/** @param size what of the planes is seen; the rest pads them to whole units. */
export function encodePlanes(
  planes: Planes,
  size: { readonly width: number; readonly height: number },
): JpegParts {
  const scan = encodeScan(planes)
  const rest = Buffer.concat([
    quantiser(0),
    quantiser(1),
    frame(size.width, size.height),
    huffman(0x00, DC_LUMA),
    huffman(0x10, AC_LUMA),
    huffman(0x01, DC_CHROMA),
    huffman(0x11, AC_CHROMA),
    segment(0xda, Buffer.from([3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])),
    scan,
    Buffer.from([0xff, 0xd9]),
  ])
  return { head: HEAD, rest }
}

/** A COM segment holding `text`; at most 65,533 bytes. */
export function commentSegment(text: string): Buffer {
  return segment(0xfe, Buffer.from(text, 'utf8'))
}

function segment(marker: number, payload: Buffer): Buffer {
  const prefix = Buffer.from([0xff, marker, 0, 0])
  prefix.writeUInt16BE(payload.length + 2, 2)
  return Buffer.concat([prefix, payload])
}

function quantiser(id: number): Buffer {
  return segment(0xdb, Buffer.concat([Buffer.from([id]), Buffer.alloc(64, 1)]))
}

function frame(width: number, height: number): Buffer {
  const payload = Buffer.from([8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
  payload.writeUInt16BE(height, 1)
  payload.writeUInt16BE(width, 3)
  return segment(0xc0, payload)
}

function huffman(id: number, table: HuffmanTable): Buffer {
  return segment(0xc4, Buffer.from([id, ...table.counts, ...table.symbols]))
}

function encodeScan(planes: Planes): Uint8Array {
  const bits = createBitWriter(planes.lumaStride * planes.lumaStride)
  const luma = { dc: assignCodes(DC_LUMA), ac: assignCodes(AC_LUMA) }
  const chroma = { dc: assignCodes(DC_CHROMA), ac: assignCodes(AC_CHROMA) }
  const chromaStride = planes.lumaStride / 2
  const before = { y: 0, cb: 0, cr: 0 }
  for (let row = 0; row < planes.lumaHeight; row += 16) {
    for (let column = 0; column < planes.lumaStride; column += 16) {
      for (const [down, right] of MCU) {
        const at = (row + down) * planes.lumaStride + column + right
        before.y = encodeBlock(bits, planes.y, at, planes.lumaStride, luma, before.y)
      }
      const at = (row / 2) * chromaStride + column / 2
      before.cb = encodeBlock(bits, planes.cb, at, chromaStride, chroma, before.cb)
      before.cr = encodeBlock(bits, planes.cr, at, chromaStride, chroma, before.cr)
    }
  }
  return bits.finish()
}

/** Where the four luma blocks of a 16×16 unit stand. */
const MCU = [
  [0, 0],
  [0, 8],
  [8, 0],
  [8, 8],
] as const

const samples = new Float64Array(64)
const coefficients = new Int32Array(64)

/** Encodes one block and returns its DC value, the prediction for the next. */
function encodeBlock(
  bits: ReturnType<typeof createBitWriter>,
  plane: Uint8Array,
  from: number,
  stride: number,
  codes: { readonly dc: HuffmanCodes; readonly ac: HuffmanCodes },
  before: number,
): number {
  const flat = loadBlock(plane, from, stride)
  const dc = flat ? ((samples[0] as number) * 8) | 0 : transformed()
  putValue(bits, codes.dc, 0, dc - before)
  let zeros = flat ? 63 : 0
  for (let k = 1; !flat && k < 64; k++) {
    const value = coefficients[ZIGZAG[k] as number] as number
    if (value === 0) {
      zeros++
      continue
    }
    for (; zeros > 15; zeros -= 16) bits.put(codes.ac.code[0xf0] as number, codes.ac.length[0xf0] as number)
    putValue(bits, codes.ac, zeros, value)
    zeros = 0
  }
  if (zeros > 0) bits.put(codes.ac.code[0] as number, codes.ac.length[0] as number)
  return dc
}

function transformed(): number {
  forwardDct(samples, coefficients)
  return coefficients[0] as number
}

/** Loads a block, level-shifted; true when all its samples are equal, which most of a white picture is. */
function loadBlock(plane: Uint8Array, from: number, stride: number): boolean {
  const first = plane[from] as number
  let flat = true
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const sample = plane[from + y * stride + x] as number
      samples[y * 8 + x] = sample - 128
      if (sample !== first) flat = false
    }
  }
  return flat
}

/** Writes the code for (run, size) and then the value's own bits (T.81 F.1.2). */
function putValue(
  bits: ReturnType<typeof createBitWriter>,
  codes: HuffmanCodes,
  run: number,
  value: number,
): void {
  const size = 32 - Math.clz32(Math.abs(value))
  const symbol = (run << 4) | size
  bits.put(codes.code[symbol] as number, codes.length[symbol] as number)
  if (size > 0) bits.put(value < 0 ? value - 1 : value, size)
}
