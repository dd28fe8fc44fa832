/** The forward 8×8 DCT of T.81 A.3.3, separable, in floating point; exact enough for quantisers of 1. */

const BASIS = basis()
const scratch = new Float64Array(64)

function basis(): Float64Array {
  const values = new Float64Array(64)
  for (let k = 0; k < 8; k++) {
    const scale = k === 0 ? Math.SQRT1_2 / 2 : 0.5
    for (let x = 0; x < 8; x++) values[k * 8 + x] = scale * Math.cos(((2 * x + 1) * k * Math.PI) / 16)
  }
  return values
}

/** Transforms 64 level-shifted samples (row by row) into `out`, rounded: entry v*8+u. */
export function forwardDct(samples: Float64Array, out: Int32Array): void {
  for (let y = 0; y < 8; y++) {
    for (let u = 0; u < 8; u++) scratch[y * 8 + u] = dot(samples, y * 8, 1, u * 8)
  }
  for (let u = 0; u < 8; u++) {
    for (let v = 0; v < 8; v++) out[v * 8 + u] = Math.round(dot(scratch, u, 8, v * 8))
  }
}

function dot(values: Float64Array, from: number, stride: number, row: number): number {
  let sum = 0
  for (let i = 0; i < 8; i++) sum += (values[from + i * stride] as number) * (BASIS[row + i] as number)
  return sum
}
