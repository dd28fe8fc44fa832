/** Draws a QR code (ISO/IEC 18004, correction level M) of exactly the width asked: whole modules, a quiet zone around them. */
import { correction, generate } from 'lean-qr'
import type { Planes } from './planes.js'
import type { Raster } from './raster.js'

/** One grey sample a pixel, row by row. */
export type Grey = { readonly width: number; readonly samples: Uint8Array }

/** In modules; the standard asks for four. */
const QUIET = 4

/** @throws when the text doesn't fit a QR code whose modules are at least one pixel. */
export function drawQrCode(text: string, width: number): Grey {
  const level = correction.M
  const code = generate(text, { minCorrectionLevel: level, maxCorrectionLevel: level })
  const scale = Math.floor(width / (code.size + 2 * QUIET))
  if (scale < 1) throw new RangeError(`a QR code of ${code.size} modules doesn't fit ${width} pixels`)
  const margin = Math.floor((width - code.size * scale) / 2)
  const samples = new Uint8Array(width * width).fill(255)
  for (let y = 0; y < code.size; y++) {
    const top = (margin + y * scale) * width + margin
    for (let x = 0; x < code.size; x++) {
      if (code.get(x, y)) samples.fill(0, top + x * scale, top + (x + 1) * scale)
    }
    for (let copy = 1; copy < scale; copy++) {
      samples.copyWithin(top + copy * width, top, top + code.size * scale)
    }
  }
  return { width, samples }
}

/** The planes of a grey picture: chroma is flat. */
export function greyPlanes({ width, samples }: Grey): Planes {
  const stride = Math.ceil(width / 16) * 16
  const y = new Uint8Array(stride * stride)
  for (let row = 0; row < stride; row++) {
    const from = Math.min(row, width - 1) * width
    y.set(samples.subarray(from, from + width), row * stride)
    y.fill(samples[from + width - 1] as number, row * stride + width, (row + 1) * stride)
  }
  const chroma = new Uint8Array((stride / 2) ** 2).fill(128)
  return { lumaStride: stride, lumaHeight: stride, y, cb: chroma, cr: chroma }
}

export function greyRaster({ width, samples }: Grey): Raster {
  const rgba = new Uint8Array(width * width * 4).fill(255)
  for (const [at, grey] of samples.entries()) rgba.fill(grey, at * 4, at * 4 + 3)
  return { width, height: width, rgba }
}
