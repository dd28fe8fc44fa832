import { expect, it } from 'vitest'
import { unsetBitsIn } from './unset-bits.js'

function reading(bits: Buffer) {
  const asked: [number, number][] = []
  const read = async (first: number, last: number): Promise<Buffer> => {
    asked.push([first, last])
    return bits.subarray(first, last + 1)
  }
  return { asked, read }
}

it('reads no byte behind the range that it was asked for', async () => {
  const { asked, read } = reading(Buffer.alloc(100_000, 0xff))
  expect(await unsetBitsIn(read, { from: 17, below: 25, limit: 9 })).toEqual([])
  expect(await unsetBitsIn(read, { from: 16, below: 24, limit: 9 })).toEqual([])
  expect(await unsetBitsIn(read, { from: 0, below: 80_000, limit: 9 })).toEqual([])
  expect(asked).toEqual([
    [2, 3],
    [2, 2],
    [0, 8_191],
    [8_192, 9_999],
  ])
})

it('counts what is behind the end of the bitmap as unset, and reads on in growing steps', async () => {
  const { asked, read } = reading(Buffer.alloc(8_192 * 3, 0xff))
  const last = 8_192 * 3 * 8
  expect(await unsetBitsIn(read, { from: 0, below: last + 2, limit: 9 })).toEqual([last, last + 1])
  expect(asked.map(([first, to]) => to + 1 - first)).toEqual([8_192, 16_384, 1])
})

it('asks nothing of an empty range', async () => {
  const { asked, read } = reading(Buffer.alloc(9))
  expect(await unsetBitsIn(read, { from: 8, below: 8, limit: 9 })).toEqual([])
  expect(await unsetBitsIn(read, { from: 0, below: 8, limit: 0 })).toEqual([])
  expect(asked).toEqual([])
})
