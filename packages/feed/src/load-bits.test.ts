import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { loadBits, SLICE_BYTES } from './load-bits.js'

async function loading(bits: Buffer, answerAt: (call: number) => 'loaded' | 'fenced' = () => 'loaded') {
  const slices: { at: number; slice: Buffer }[] = []
  const answer = await loadBits(bits, async (at, slice) => answerAt(slices.push({ at, slice })))
  return { answer, slices }
}

it('cuts a bitmap into slices that follow each other, none of more than a quarter of a megabyte', async () => {
  const bits = randomBytes(3 * SLICE_BYTES + 7)
  const { answer, slices } = await loading(bits)
  expect(answer).toBe('loaded')
  expect(slices.map(({ at }) => at)).toEqual([0, SLICE_BYTES, 2 * SLICE_BYTES, 3 * SLICE_BYTES])
  expect(Math.max(...slices.map(({ slice }) => slice.length))).toBeLessThanOrEqual(262_144)
  expect(Buffer.concat(slices.map(({ slice }) => slice)).equals(bits)).toBe(true)
})

it('writes one slice of a bitmap that ends with it, and an empty one of an empty bitmap', async () => {
  expect((await loading(randomBytes(SLICE_BYTES))).slices).toHaveLength(1)
  expect((await loading(Buffer.alloc(0))).slices).toEqual([{ at: 0, slice: Buffer.alloc(0) }])
})

it('ends with the first slice that was not taken', async () => {
  const { answer, slices } = await loading(randomBytes(3 * SLICE_BYTES), (call) =>
    call === 2 ? 'fenced' : 'loaded',
  )
  expect(answer).toBe('fenced')
  expect(slices).toHaveLength(2)
})
