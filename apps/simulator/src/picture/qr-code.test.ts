import { expect, test } from 'vitest'
import { decodeJpeg } from '../testing/decode-jpeg.js'
import { encodePlanes } from './jpeg.js'
import { drawQrCode, greyPlanes, greyRaster } from './qr-code.js'

test.each([280, 301, 430, 1280])(
  'a code of %i pixels is that wide, with a quiet zone of four modules',
  (width) => {
    const { samples } = drawQrCode('p'.repeat(128), width)
    expect(samples.length).toBe(width * width)
    const edges = { left: width, top: width, right: width, bottom: width }
    for (const [at, grey] of samples.entries()) {
      if (grey !== 0) continue
      const [row, column] = [Math.floor(at / width), at % width]
      edges.top = Math.min(edges.top, row)
      edges.bottom = Math.min(edges.bottom, width - 1 - row)
      edges.left = Math.min(edges.left, column)
      edges.right = Math.min(edges.right, width - 1 - column)
    }
    const module = Math.floor(width / (49 + 8))
    for (const edge of Object.values(edges)) expect(edge).toBeGreaterThanOrEqual(4 * module)
  },
  20_000,
)

test('the JPEG shows what was drawn', () => {
  const grey = drawQrCode('pages/a?x=1', 301)
  const { head, rest } = encodePlanes(greyPlanes(grey), { width: 301, height: 301 })
  const shown = decodeJpeg(Buffer.concat([head, rest]))
  expect(shown).toMatchObject({ width: 301, height: 301, bytesLeft: 0 })
  const { rgba } = greyRaster(grey)
  let worst = 0
  for (let at = 0; at < 301 * 301; at++) {
    worst = Math.max(worst, Math.abs((shown.luma[at] ?? 0) - (rgba[at * 4] ?? 0)))
  }
  expect(worst).toBeLessThan(16)
})

test('a text too long for the width is refused', () => {
  expect(() => drawQrCode('p'.repeat(2000), 100)).toThrow(RangeError)
})
