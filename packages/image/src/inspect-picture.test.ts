import { describe, expect, test } from 'vitest'
import { inspectAnyPicture, inspectPicture } from './inspect-picture.js'
import { append, cut } from './testing/break.js'
import { BASELINE_24, PROGRESSIVE_24, RESTARTS_24 } from './testing/libjpeg-samples.js'
import { makeJpeg } from './testing/make-jpeg.js'
import { makePng } from './testing/make-png.js'

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
const JPG_24 = { format: 'jpg', width: 24 } as const
const PNG_16 = { format: 'png', width: 16 } as const

describe('a whole picture', () => {
  test.each([
    ['baseline', BASELINE_24],
    ['progressive', PROGRESSIVE_24],
    ['with restarts', RESTARTS_24],
    ['made here', makeJpeg({ width: 24 })],
  ])('is whole as a JPEG, %s', (_, bytes) => {
    const verdict = { whole: true, format: 'jpg', width: 24, height: 24, contentType: 'image/jpeg' }
    expect(inspectPicture(bytes, JPG_24)).toEqual(verdict)
    expect(inspectAnyPicture(bytes)).toEqual(verdict)
  })

  test('is whole as a PNG', () => {
    const verdict = { whole: true, format: 'png', width: 16, height: 16, contentType: 'image/png' }
    expect(inspectPicture(makePng({ width: 16 }), PNG_16)).toEqual(verdict)
    expect(inspectAnyPicture(makePng({ width: 16 }))).toEqual(verdict)
  })

  test('is read where it stands within a larger buffer', () => {
    const padded = Uint8Array.from([1, 2, 3, ...BASELINE_24, 4, 5])
    expect(inspectPicture(padded.subarray(3, -2), JPG_24)).toMatchObject({ whole: true })
  })

  test('tells its own dimensions when nothing is expected', () => {
    expect(inspectAnyPicture(makeJpeg({ width: 40, height: 56 }))).toMatchObject({ width: 40, height: 56 })
    expect(inspectAnyPicture(makePng({ width: 5, height: 9 }))).toMatchObject({ width: 5, height: 9 })
  })
})

describe('a whole picture that was not asked for', () => {
  test.each([
    ['another width', makeJpeg({ width: 32 }), 32, 32],
    ['another height', makeJpeg({ width: 24, height: 25 }), 24, 25],
  ])('is of wrong size with %s', (_, bytes, width, height) => {
    const defect = { code: 'wrong_size', format: 'jpg', expectedWidth: 24, width, height }
    expect(inspectPicture(bytes, JPG_24)).toEqual({ whole: false, defect })
  })

  test('is of wrong format as the other format', () => {
    expect(inspectPicture(makePng({ width: 24 }), JPG_24)).toEqual({
      whole: false,
      defect: { code: 'wrong_format', expected: ['jpg'], actual: 'png' },
    })
    expect(inspectPicture(makeJpeg({ width: 16 }), PNG_16)).toEqual({
      whole: false,
      defect: { code: 'wrong_format', expected: ['png'], actual: 'jpg' },
    })
  })

  test('is truncated, not of wrong format or size, when it is not whole', () => {
    const png = makePng({ width: 24 })
    expect(inspectPicture(cut(png, png.length - 1), JPG_24)).toMatchObject({ defect: { code: 'truncated' } })
    const jpg = makeJpeg({ width: 32 })
    expect(inspectPicture(cut(jpg, jpg.length - 1), JPG_24)).toMatchObject({ defect: { code: 'truncated' } })
  })
})

describe('what is no picture', () => {
  test('is empty without a byte', () => {
    const verdict = { whole: false, defect: { code: 'empty' } }
    expect(inspectPicture(new Uint8Array(), JPG_24)).toEqual(verdict)
    expect(inspectAnyPicture(new Uint8Array())).toEqual(verdict)
  })

  test.each([
    ['html', ascii('<!DOCTYPE html><html><body>502 Bad Gateway</body></html>')],
    ['html', ascii('\r\n  <html>')],
    ['json', ascii('{"errcode":40001,"errmsg":"invalid credential"}')],
    ['json', append(Uint8Array.of(0xef, 0xbb, 0xbf), ascii(' {"errcode":45009}'))],
    ['json', ascii('[]')],
    ['text', ascii('upstream connect error')],
    ['text', ascii('系统繁忙'.repeat(100))],
    ['unknown', Uint8Array.of(0, 1, 2, 3)],
    ['unknown', Uint8Array.of(0x80, 0x81)],
    ['unknown', Uint8Array.of(0xff, 0xd8, 0x00)],
  ])('looks like %s', (looksLike, bytes) => {
    const verdict = { whole: false, defect: { code: 'not_an_image', looksLike } }
    expect(inspectPicture(bytes, JPG_24)).toEqual(verdict)
    expect(inspectAnyPicture(bytes)).toEqual(verdict)
  })

  test.each([
    ['jpg', ascii('{"errcode":-1}'), [0xff, 0xd8, 0xff]],
    ['png', ascii('<html></html>'), [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ])('is a defect in the clothes of a %s', (_, bytes, signature) => {
    expect(inspectAnyPicture(append(Uint8Array.from(signature), bytes))).toMatchObject({ whole: false })
  })

  test.each([
    ['gif', 'GIF89a\x10\0\x10\0'],
    ['webp', 'RIFF\x24\0\0\0WEBPVP8 '],
    ['bmp', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0'],
  ])('is of wrong format as a %s', (actual, head) => {
    expect(inspectPicture(ascii(head), PNG_16)).toEqual({
      whole: false,
      defect: { code: 'wrong_format', expected: ['png'], actual },
    })
    expect(inspectAnyPicture(ascii(head))).toEqual({
      whole: false,
      defect: { code: 'wrong_format', expected: ['jpg', 'png'], actual },
    })
  })
})
