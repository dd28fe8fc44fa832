import { expect, test } from 'vitest'
import { decodeJpeg } from '../testing/decode-jpeg.js'
import { commentSegment, encodeJpeg } from './jpeg.js'
import type { Raster } from './raster.js'
import { drawSunCode } from './sun-code.js'

const BLACK = { r: 0, g: 0, b: 0 }

function fileOf(raster: Raster, comment: string): Buffer {
  const { head, rest } = encodeJpeg(raster)
  return Buffer.concat([head, commentSegment(comment), rest])
}

test('a picture begins as JFIF 1.01 and decodes to the size it was drawn in, 4:2:0, all quantisers 1', () => {
  const file = fileOf(drawSunCode({ width: 280, colour: BLACK, transparent: false, variant: 3 }), '{"a":1}')
  expect(file.subarray(0, 13).toString('hex')).toBe('ffd8ffe000104a464946000101')
  const decoded = decodeJpeg(file)
  expect(decoded).toMatchObject({ width: 280, height: 280, sampling: [0x22, 0x11, 0x11], bytesLeft: 0 })
  expect([...decoded.quantisers]).toEqual([
    [0, Array(64).fill(1)],
    [1, Array(64).fill(1)],
  ])
  expect(decoded.comments).toEqual(['{"a":1}'])
})

test.each([280, 283, 430])(
  'what is decoded at %i px differs from what was drawn by 2 levels at most',
  (width) => {
    const raster = drawSunCode({ width, colour: BLACK, transparent: false, variant: 7 })
    const { luma } = decodeJpeg(fileOf(raster, ''))
    let worst = 0
    for (let i = 0; i < luma.length; i++) {
      const [r, g, b] = [...raster.rgba.subarray(i * 4, i * 4 + 3)] as [number, number, number]
      worst = Math.max(worst, Math.abs((luma[i] as number) - (0.299 * r + 0.587 * g + 0.114 * b)))
    }
    expect(worst).toBeLessThanOrEqual(2)
  },
)

test('the steepest contrasts there can be are encoded without overflow', () => {
  const width = 64
  const rgba = new Uint8Array(width * width * 4)
  for (let i = 0; i < width * width; i++) {
    const level = ((i % width) + (Math.floor(i / width) >> (i % 3))) % 2 === 0 ? 0 : 255
    rgba.set([level, level, level, 255], i * 4)
  }
  const { luma, bytesLeft } = decodeJpeg(fileOf({ width, height: width, rgba }, ''))
  expect(bytesLeft).toBe(0)
  expect(Math.max(...luma.map((value, i) => Math.abs(value - (rgba[i * 4] as number))))).toBeLessThanOrEqual(
    2,
  )
})

test('sizes are those of served pictures', () => {
  const bytes = (width: number) =>
    encodeJpeg(drawSunCode({ width, colour: BLACK, transparent: false, variant: 1 })).rest.length
  expect(bytes(280)).toBeGreaterThan(25_000)
  expect(bytes(280)).toBeLessThan(45_000)
  expect(bytes(430)).toBeGreaterThan(45_000)
  expect(bytes(430)).toBeLessThan(120_000)
  expect(bytes(1280)).toBeGreaterThan(174_000)
  expect(bytes(1280)).toBeLessThan(336_000)
})
