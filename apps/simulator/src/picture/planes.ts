import type { Raster } from './raster.js'

/** Y, Cb and Cr samples padded to whole 16×16 units; the chroma planes have half the stride and height. */
export type Planes = {
  readonly lumaStride: number
  readonly lumaHeight: number
  readonly y: Uint8Array
  readonly cb: Uint8Array
  readonly cr: Uint8Array
}

/** Converts by JFIF's full-range BT.601 and averages the chroma over 2×2 pixels; edges are repeated into the padding. */
export function toPlanes(raster: Raster): Planes {
  const stride = Math.ceil(raster.width / 16) * 16
  const height = Math.ceil(raster.height / 16) * 16
  const half = stride / 2
  const y = new Uint8Array(stride * height)
  const cbSum = new Float32Array(half * (height / 2))
  const crSum = new Float32Array(half * (height / 2))
  for (let row = 0; row < height; row++) {
    const source = Math.min(row, raster.height - 1) * raster.width
    for (let column = 0; column < stride; column++) {
      const at = (source + Math.min(column, raster.width - 1)) * 4
      const r = raster.rgba[at] as number
      const g = raster.rgba[at + 1] as number
      const b = raster.rgba[at + 2] as number
      const chroma = (row >> 1) * half + (column >> 1)
      y[row * stride + column] = Math.round(0.299 * r + 0.587 * g + 0.114 * b)
      cbSum[chroma] = (cbSum[chroma] as number) - 0.168736 * r - 0.331264 * g + 0.5 * b
      crSum[chroma] = (crSum[chroma] as number) + 0.5 * r - 0.418688 * g - 0.081312 * b
    }
  }
  return { lumaStride: stride, lumaHeight: height, y, cb: averaged(cbSum), cr: averaged(crSum) }
}

function averaged(sums: Float32Array): Uint8Array {
  return Uint8Array.from(sums, (sum) => Math.min(255, Math.max(0, Math.round(sum / 4 + 128))))
}
