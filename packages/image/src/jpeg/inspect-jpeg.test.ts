import { describe, expect, test } from 'vitest'
import { inspectAnyPicture } from '../inspect-picture.js'
import type { JpegFlaw } from '../inspection.js'
import { append, cut, find, splice } from '../testing/break.js'
import { makeJpeg, segment } from '../testing/make-jpeg.js'

const JPEG = makeJpeg({ width: 24, seed: 7 })
const PROGRESSIVE = makeJpeg({ width: 24, progressive: true })
const RESTARTS = makeJpeg({ width: 48, restartInterval: 1 })

const SOF = find(JPEG, [0xff, 0xc0])
const DQT = find(JPEG, [0xff, 0xdb])
const DHT = find(JPEG, [0xff, 0xc4])
const SOS = find(JPEG, [0xff, 0xda])
const DATA = SOS + 14
const EOI = JPEG.length - 2
/** Class and slot, 16 counts and 6 symbols: the first of the two tables in `JPEG`. */
const DC_TABLE_BYTES = 23
/** A whole segment of `JPEG`: marker, length and body. */
const lengthAt = (at: number): number => 2 + (JPEG[at + 2] ?? 0) * 256 + (JPEG[at + 3] ?? 0)
const without = (at: number): Uint8Array => splice(JPEG, at, lengthAt(at))
const withByte = (at: number, value: number, bytes: Uint8Array = JPEG): Uint8Array =>
  splice(bytes, at, 1, [value])

const expectFlaw = (bytes: Uint8Array, detail: JpegFlaw): void =>
  expect(inspectAnyPicture(bytes)).toMatchObject({ defect: { code: 'malformed', format: 'jpg', detail } })

describe('a JPEG is malformed', () => {
  test.each<[string, JpegFlaw, Uint8Array]>([
    ['with bytes between segments', 'marker_missing', splice(JPEG, DQT, 0, [0x00])],
    ['with a second start', 'unexpected_marker', splice(JPEG, DQT, 0, [0xff, 0xd8])],
    ['with a restart outside a scan', 'unexpected_marker', splice(JPEG, DQT, 0, [0xff, 0xd0])],
    ['with arithmetic coding', 'unsupported_coding', withByte(SOF + 1, 0xc9)],
    ['with a lossless frame', 'unsupported_coding', withByte(SOF + 1, 0xc3)],
    ['with a segment length below 2', 'bad_segment_length', splice(JPEG, DQT + 2, 2, [0, 1])],
    ['without a frame', 'frame_missing', without(SOF)],
    ['of a start and an end alone', 'frame_missing', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)],
    ['with two frames', 'second_frame', splice(JPEG, SOF, 0, [...JPEG.subarray(SOF, SOF + lengthAt(SOF))])],
    ['with a frame of another precision', 'bad_frame', withByte(SOF + 4, 12)],
    ['with a frame of no component', 'bad_frame', withByte(SOF + 9, 0)],
    ['with one component twice in the frame', 'bad_frame', withByte(SOF + 13, 1)],
    ['with a sampling factor of 0', 'bad_frame', withByte(SOF + 11, 0x02)],
    ['with a height of 0', 'bad_dimensions', splice(JPEG, SOF + 5, 2, [0, 0])],
    ['with a width above the cap', 'bad_dimensions', splice(JPEG, SOF + 7, 2, [0x10, 0x01])],
    [
      'with a cut quantisation table',
      'bad_quantization_table',
      splice(JPEG, DQT, lengthAt(DQT), segment(0xdb, [0, 1])),
    ],
    ['with a quantisation table in slot 4', 'bad_quantization_table', withByte(DQT + 4, 4)],
    ['with an empty quantisation segment', 'bad_quantization_table', splice(JPEG, DQT, 0, segment(0xdb, []))],
    ['with more Huffman codes than there are', 'bad_huffman_table', withByte(DHT + 5, 3)],
    ['with more Huffman symbols than bytes', 'bad_huffman_table', withByte(DHT + 20, 200)],
    ['with a Huffman table of class 2', 'bad_huffman_table', withByte(DHT + 4, 0x20)],
    ['with an empty Huffman segment', 'bad_huffman_table', splice(JPEG, DHT, 0, segment(0xc4, []))],
    [
      'with a restart interval of 3 bytes',
      'bad_restart_interval',
      splice(JPEG, DHT, 0, segment(0xdd, [0, 0, 1])),
    ],
    ['with a scan before the Huffman tables', 'table_missing', without(DHT)],
    ['with a scan before the quantisation tables', 'table_missing', without(DQT)],
    ['with a scan of an unknown component', 'bad_scan', withByte(SOS + 5, 9)],
    ['with one component twice in a scan', 'bad_scan', withByte(SOS + 7, 1)],
    ['with a sequential scan of some coefficients', 'bad_scan', withByte(SOS + 12, 5)],
    [
      'with a progressive scan of DC and AC at once',
      'bad_scan',
      withByte(find(PROGRESSIVE, [0xff, 0xda]) + 12, 5, PROGRESSIVE),
    ],
    ['with FF FF 00 in the data', 'bad_stuffing', splice(JPEG, DATA + 3, 0, [0xff, 0xff, 0x00])],
    ['with a restart nobody announced', 'restart_out_of_order', splice(JPEG, DATA + 3, 0, [0xff, 0xd0])],
    ['with a restart left out', 'restart_out_of_order', splice(RESTARTS, find(RESTARTS, [0xff, 0xd3]), 2)],
    [
      'with a restart twice',
      'restart_out_of_order',
      splice(RESTARTS, find(RESTARTS, [0xff, 0xd1]), 0, [0xff, 0xd1]),
    ],
    ['without a scan', 'scan_missing', splice(JPEG, SOS, EOI - SOS)],
    ['with a scan without data', 'too_little_data', splice(JPEG, DATA, EOI - DATA)],
    ['with data for a few of its blocks', 'too_little_data', splice(JPEG, DATA + 2, EOI - DATA - 2)],
  ])('%s (%s)', (_, detail, bytes) => expectFlaw(bytes, detail))

  test.each([
    ['DC', 0, 0x01],
    ['AC', DC_TABLE_BYTES, 0x11],
  ])('when the %s table of a scan is in another slot', (_, offset, classAndSlot) => {
    expectFlaw(withByte(DHT + 4 + offset, classAndSlot), 'table_missing')
  })

  test('with a Huffman table without a code', () => {
    expectFlaw(splice(JPEG, DHT, 0, segment(0xc4, Array(17).fill(0))), 'bad_huffman_table')
  })

  test('with a third code of one bit, though the symbols are there', () => {
    const table = segment(0xc4, [0x00, 3, ...Array(15).fill(0), 0, 1, 2])
    expectFlaw(splice(JPEG, DHT, 0, table), 'bad_huffman_table')
  })
  test('when a component is in no scan', () => {
    const lastScan = Buffer.from(PROGRESSIVE).lastIndexOf(Uint8Array.of(0xff, 0xda))
    const firstScan = find(PROGRESSIVE, [0xff, 0xda])
    expect(lastScan).toBeGreaterThan(firstScan)
    const luminanceAlone = splice(PROGRESSIVE, firstScan, 14, segment(0xda, [1, 1, 0, 0, 0, 0]))
    const scans = Buffer.from(luminanceAlone)
    const second = scans.indexOf(Uint8Array.of(0xff, 0xda), firstScan + 2)
    expectFlaw(splice(luminanceAlone, second, scans.length - 2 - second), 'scan_missing')
  })
})

describe('a progressive JPEG is malformed with one more scan', () => {
  const withScan = (body: readonly number[], data: readonly number[]): Uint8Array =>
    splice(PROGRESSIVE, PROGRESSIVE.length - 2, 0, [...segment(0xda, body), ...data])

  test.each<[string, JpegFlaw, readonly number[], readonly number[]]>([
    ['without data', 'too_little_data', [1, 1, 0, 1, 63, 0x10], []],
    ['of AC of two components', 'bad_scan', [2, 1, 0, 2, 0, 1, 63, 0x10], [1]],
    ['that refines by two bits at once', 'bad_scan', [1, 1, 0, 1, 63, 0x20], [1]],
    ['that leaves out 14 bits', 'bad_scan', [1, 1, 0, 1, 63, 0x0e], [1]],
    ['of coefficients in the wrong order', 'bad_scan', [1, 1, 0, 5, 4, 0x10], [1]],
    ['of a 65th coefficient', 'bad_scan', [1, 1, 0, 1, 64, 0x10], [1]],
  ])('%s (%s)', (_, detail, body, data) => expectFlaw(withScan(body, data), detail))

  test('and whole with one that refines', () => {
    expect(inspectAnyPicture(withScan([1, 1, 0, 1, 63, 0x10], [1]))).toMatchObject({ whole: true })
  })
})

describe('a JPEG is whole', () => {
  test.each([
    ['with an end marker and a second frame inside a comment', makeJpeg({ width: 24, comment: JPEG })],
    ['with fill bytes before a segment', splice(JPEG, DQT, 0, [0xff, 0xff])],
    ['with fill bytes before its end', splice(JPEG, EOI, 0, [0xff, 0xff, 0xff])],
    ['with stuffed FF in its data', splice(JPEG, DATA + 3, 0, [0xff, 0x00, 0xff, 0x00])],
    ['with a comment after its scan', splice(JPEG, EOI, 0, segment(0xfe, [1, 2, 3]))],
    ['in grey', makeJpeg({ width: 24, components: 1 })],
    [
      'in progressive grey with restarts',
      makeJpeg({ width: 24, components: 1, progressive: true, restartInterval: 1 }),
    ],
    ['with more than eight restarts', RESTARTS],
  ])('%s', (_, bytes) => expect(inspectAnyPicture(bytes)).toMatchObject({ whole: true, format: 'jpg' }))
})

test('a cut picture with an end marker put behind the cut is a defect while most of its data is missing', () => {
  const jpeg = makeJpeg({ width: 200 })
  const start = find(jpeg, [0xff, 0xda]) + 14
  for (let length = start; length < start + 200; length++) {
    expect(inspectAnyPicture(append(cut(jpeg, length), Uint8Array.of(0xff, 0xd9))).whole).toBe(false)
  }
})

test('a megabyte of nothing but stuffing, fill or restarts is answered at once', () => {
  const head = JPEG.subarray(0, DATA)
  const fill = (pattern: readonly number[]) =>
    Uint8Array.from({ length: 1 << 20 }, (_, at) => pattern[at % pattern.length] ?? 0)
  for (const pattern of [[0xff, 0x00], [0xff], [0xff, 0xd0]]) {
    expect(inspectAnyPicture(append(head, fill(pattern)))).toMatchObject({ whole: false })
  }
})
