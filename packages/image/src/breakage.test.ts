/** Whole pictures, broken in every way that a wire or a disk breaks them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inspectAnyPicture, inspectPicture } from './inspect-picture.js'
import type { Inspection } from './inspection.js'
import { append, cut, flipBit } from './testing/break.js'
import { BASELINE_24, PROGRESSIVE_24, RESTARTS_24 } from './testing/libjpeg-samples.js'
import { makeJpeg } from './testing/make-jpeg.js'
import { makePng } from './testing/make-png.js'

const JPEGS: ReadonlyArray<readonly [string, Uint8Array]> = [
  ['baseline', BASELINE_24],
  ['progressive', PROGRESSIVE_24],
  ['with restarts', RESTARTS_24],
  [
    'made here, with all there is',
    makeJpeg({ width: 24, restartInterval: 2, comment: Uint8Array.of(0xff, 0xd9) }),
  ],
]
const PNGS: ReadonlyArray<readonly [string, Uint8Array]> = [
  ['RGBA', makePng({ width: 24 })],
  ['indexed, in three IDAT', makePng({ width: 24, colourType: 3, depth: 2, idatChunks: 3 })],
]
const PICTURES = [...JPEGS, ...PNGS]
const codeOf = (inspection: Inspection) => (inspection.whole ? 'whole' : inspection.defect.code)

describe.each(PICTURES)('a picture (%s)', (_, bytes) => {
  test('is whole before it is broken', () => {
    expect(inspectAnyPicture(bytes)).toMatchObject({ whole: true, width: 24, height: 24 })
  })

  test('is truncated when cut anywhere', () => {
    for (let length = 1; length < bytes.length; length++) {
      expect(codeOf(inspectAnyPicture(cut(bytes, length))), `cut to ${length}`).toBe('truncated')
    }
  })

  test('has trailing bytes when anything follows it', () => {
    const tail = fc.uint8Array({ minLength: 1, maxLength: 5000 })
    fc.assert(
      fc.property(tail, (trailing) => {
        expect(inspectAnyPicture(append(bytes, trailing))).toMatchObject({
          defect: { code: 'trailing_bytes', atByte: bytes.length, trailing: trailing.length },
        })
      }),
    )
    expect(codeOf(inspectAnyPicture(append(bytes, bytes)))).toBe('trailing_bytes')
  })

  test('is a defect with a hole that reaches its end', () => {
    for (let from = 1; from < bytes.length; from++) {
      const holed = bytes.map((byte, at) => (at < from ? byte : 0))
      expect(inspectAnyPicture(holed).whole, `zeros from ${from}`).toBe(
        bytes.subarray(from).every((byte) => byte === 0),
      )
    }
  })
})

test.each(PNGS)('every flipped bit of a PNG is a defect (%s)', (_, bytes) => {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    if (inspectAnyPicture(flipBit(bytes, bit)).whole) expect.fail(`bit ${bit} passes`)
  }
})

test.each(JPEGS)(
  'no flipped bit of a JPEG throws, or passes with other dimensions than asked (%s)',
  (_, bytes) => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const inspection = inspectPicture(flipBit(bytes, bit), { format: 'jpg', width: 24 })
      if (inspection.whole) expect(inspection).toMatchObject({ format: 'jpg', width: 24, height: 24 })
    }
  },
)

test('a JPEG whose frame tells a far larger picture than its data can fill is a defect by itself', () => {
  const bytes = makeJpeg({ width: 24 })
  const width = Buffer.from(bytes).indexOf(Uint8Array.of(0xff, 0xc0)) + 7
  const enlarged = bytes.map((byte, at) => (at === width ? 0x08 : byte))
  expect(inspectAnyPicture(enlarged)).toMatchObject({
    defect: { code: 'malformed', detail: 'too_little_data' },
  })
})

test('several broken bytes at once never throw, nor pass with other dimensions than asked', () => {
  const picture = fc.constantFrom(...PICTURES.map(([, bytes]) => bytes))
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(picture, edits, (bytes, changes) => {
      const broken = Uint8Array.from(bytes)
      for (const [at, value] of changes) broken[at % bytes.length] = value
      for (const format of ['jpg', 'png'] as const) {
        const inspection = inspectPicture(broken, { format, width: 24 })
        if (inspection.whole) expect(inspection).toMatchObject({ format, width: 24, height: 24 })
      }
    }),
    { numRuns: 2000 },
  )
})

test('random bytes are a defect, bare or behind a signature', () => {
  const heads = [[], [0xff, 0xd8, 0xff], [...makePng({ width: 1 }).subarray(0, 8)]]
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 2000 }), (head, noise) => {
      expect(inspectAnyPicture(Uint8Array.from([...head, ...noise])).whole).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('any size that is made is told', () => {
  const side = fc.integer({ min: 1, max: 70 })
  fc.assert(
    fc.property(
      side,
      side,
      fc.boolean(),
      fc.nat(4),
      fc.nat(),
      (width, height, progressive, restartInterval, seed) => {
        const jpeg = makeJpeg({ width, height, progressive, restartInterval, seed })
        expect(inspectAnyPicture(jpeg)).toMatchObject({ whole: true, width, height })
        expect(inspectAnyPicture(makePng({ width, height }))).toMatchObject({ whole: true, width, height })
      },
    ),
  )
})
