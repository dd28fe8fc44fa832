import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inspectAnyPicture } from '../inspect-picture.js'
import { MAX_SIDE, type PngFlaw } from '../inspection.js'
import { flipBit } from '../testing/break.js'
import { makeChunk, makeChunks, makeHeader, makePng, makeRows, PNG_SIGNATURE } from '../testing/make-png.js'

const OPTIONS = { width: 16 }
const join = (...chunks: Uint8Array[]): Uint8Array => Buffer.concat([PNG_SIGNATURE, ...chunks])
const HEADER = makeHeader(OPTIONS)
const END = makeChunk('IEND')
const ROWS = makeRows(OPTIONS)
const data = (rows: Uint8Array = ROWS): Uint8Array => makeChunk('IDAT', deflateSync(rows))
const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes, 0])
const headerOf = (...bytes: number[]): Uint8Array =>
  makeChunk('IHDR', Uint8Array.from([0, 0, 0, 16, 0, 0, 0, 16, ...bytes]))
const INDEXED = makeChunks({ width: 16, colourType: 3, depth: 2 })
const [INDEXED_HEADER, PALETTE, INDEXED_DATA] = INDEXED as [Uint8Array, Uint8Array, Uint8Array]

const expectFlaw = (bytes: Uint8Array, detail: PngFlaw): void =>
  expect(inspectAnyPicture(bytes)).toMatchObject({ defect: { code: 'malformed', format: 'png', detail } })

describe('a PNG is malformed though every CRC is right', () => {
  test.each<[string, PngFlaw, Uint8Array]>([
    [
      'when another chunk comes before the header',
      'header_missing',
      join(makeChunk('tEXt'), HEADER, data(), END),
    ],
    ['with two headers', 'second_header', join(HEADER, HEADER, data(), END)],
    ['with a header of 14 bytes', 'bad_header', join(headerOf(8, 6, 0, 0, 0, 0), data(), END)],
    ['with a colour type of 5', 'bad_header', join(headerOf(8, 5, 0, 0, 0), data(), END)],
    ['with 4-bit RGBA', 'bad_header', join(headerOf(4, 6, 0, 0, 0), data(), END)],
    ['with another compression', 'bad_header', join(headerOf(8, 6, 1, 0, 0), data(), END)],
    ['with another filter method', 'bad_header', join(headerOf(8, 6, 0, 1, 0), data(), END)],
    ['with another interlace', 'bad_header', join(headerOf(8, 6, 0, 0, 2), data(), END)],
    ['with a width of 0', 'bad_dimensions', join(makeHeader({ width: 0, height: 1 }), data(), END)],
    [
      'with a side above the cap',
      'bad_dimensions',
      join(makeHeader({ width: 1, height: MAX_SIDE + 1 }), data(), END),
    ],
    ['with a chunk of 2 GB', 'bad_chunk_length', join(HEADER, Uint8Array.from([0x80, ...Array(20).fill(0)]))],
    [
      'with a critical chunk that nobody knows',
      'unknown_chunk',
      join(HEADER, makeChunk('ABCD'), data(), END),
    ],
    ['with a chunk type that is no word', 'unknown_chunk', join(HEADER, makeChunk('a b1'), data(), END)],
    ['without data', 'data_missing', join(HEADER, END)],
    ['with a chunk between its data', 'data_scattered', join(HEADER, data(), makeChunk('tEXt'), data(), END)],
    ['with data that is no zlib stream', 'data_undecodable', join(HEADER, makeChunk('IDAT', ROWS), END)],
    ['with empty data', 'data_undecodable', join(HEADER, makeChunk('IDAT'), END)],
    [
      'with a zlib stream cut short',
      'data_undecodable',
      join(HEADER, makeChunk('IDAT', deflateSync(ROWS).subarray(0, -3)), END),
    ],
    ['with a pixel byte too few', 'data_length', join(HEADER, data(ROWS.subarray(0, -1)), END)],
    ['with a pixel byte too many', 'data_length', join(HEADER, data(longer(ROWS)), END)],
    [
      'with a byte behind the zlib stream',
      'data_length',
      join(HEADER, makeChunk('IDAT', longer(deflateSync(ROWS))), END),
    ],
    [
      'with a filter of 5',
      'bad_filter',
      join(HEADER, data(ROWS.map((byte, at) => (at === 0 ? 5 : byte))), END),
    ],
    ['with an indexed picture without palette', 'palette_missing', join(INDEXED_HEADER, INDEXED_DATA, END)],
    ['with a palette behind the data', 'bad_palette', join(HEADER, data(), PALETTE, END)],
    ['with two palettes', 'bad_palette', join(INDEXED_HEADER, PALETTE, PALETTE, INDEXED_DATA, END)],
    [
      'with a palette of 4 bytes',
      'bad_palette',
      join(INDEXED_HEADER, makeChunk('PLTE', new Uint8Array(4)), INDEXED_DATA, END),
    ],
    [
      'with a palette of 257 colours',
      'bad_palette',
      join(INDEXED_HEADER, makeChunk('PLTE', new Uint8Array(771)), INDEXED_DATA, END),
    ],
    ['with an end that carries data', 'bad_end', join(HEADER, data(), makeChunk('IEND', Uint8Array.of(1)))],
  ])('%s (%s)', (_, detail, bytes) => expectFlaw(bytes, detail))
})

test('a wrong CRC names the chunk and its place', () => {
  const png = join(HEADER, data(), END)
  const dataAt = PNG_SIGNATURE.length + HEADER.length
  expect(inspectAnyPicture(flipBit(png, (dataAt + 20) * 8))).toEqual({
    whole: false,
    defect: { code: 'bad_crc', format: 'png', chunk: 'IDAT', atByte: dataAt },
  })
  expect(inspectAnyPicture(flipBit(png, (dataAt + 4) * 8 + 7))).toMatchObject({ defect: { chunk: '????' } })
})

test('a bomb is stopped at the size that its header promises, long before its end', () => {
  const packed = deflateSync(new Uint8Array(8 << 20))
  // The last byte is of the checksum: who unpacks all of it finds it undecodable, who stops in time never sees it.
  const bomb = flipBit(packed, packed.length * 8 - 1)
  expectFlaw(join(HEADER, makeChunk('IDAT', bomb), END), 'data_length')
})

describe('a PNG is whole', () => {
  test.each([
    [0, 1],
    [0, 2],
    [0, 4],
    [0, 8],
    [0, 16],
    [2, 8],
    [2, 16],
    [3, 1],
    [3, 2],
    [3, 4],
    [3, 8],
    [4, 8],
    [4, 16],
    [6, 8],
    [6, 16],
  ])('with colour type %i of %i bits', (colourType, depth) => {
    const png = makePng({ width: 13, height: 7, colourType, depth })
    expect(inspectAnyPicture(png)).toMatchObject({ whole: true, width: 13, height: 7 })
  })

  test('with chunks that a decoder may leave out, and data in many pieces, empty ones among them', () => {
    const packed = deflateSync(ROWS)
    const pieces = [...packed].map((byte) => makeChunk('IDAT', Uint8Array.of(byte)))
    const png = join(HEADER, makeChunk('tEXt'), makeChunk('IDAT'), ...pieces, makeChunk('tIME'), END)
    expect(inspectAnyPicture(png)).toMatchObject({ whole: true })
  })

  test('with more than the first block of pixels', () => {
    expect(inspectAnyPicture(makePng({ width: 1280 }))).toMatchObject({ whole: true, width: 1280 })
  })

  // Columns and rows of each pass, counted by hand in the Adam7 pattern; empty passes left out.
  test.each([
    [1, 1, [[1, 1]]],
    [
      3,
      2,
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [3, 1],
      ],
    ],
    [
      8,
      8,
      [
        [1, 1],
        [1, 1],
        [2, 1],
        [2, 2],
        [4, 2],
        [4, 4],
        [8, 4],
      ],
    ],
  ])('with interlace, %i × %i', (width, height, passes) => {
    const rows = passes.flatMap(([columns = 0, count = 0]) => Array(count * (1 + columns * 4)).fill(0))
    const png = makePng({ width, height, interlace: 1, rows: Uint8Array.from(rows) })
    expect(inspectAnyPicture(png)).toMatchObject({ whole: true, width, height })
    expectFlaw(makePng({ width, height, interlace: 1, rows: Uint8Array.from([...rows, 0]) }), 'data_length')
  })
})
