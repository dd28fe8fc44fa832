import { expect, it } from 'vitest'
import { bitmapSet, listSet, type SceneSet } from './scene-set.js'

const INDEXES = [0, 7, 8, 15, 16, 100, 101, 799]

const asBits = (): SceneSet => {
  const bits = Buffer.alloc(100)
  for (const index of INDEXES) bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7))
  return bitmapSet(bits)
}

it.each([
  ['bits', asBits()],
  ['a list', listSet(Uint32Array.from(INDEXES))],
] as const)('scenes in %s are given a few at a time, each once and in order', (_, scenes) => {
  for (const most of [1, 2, 3, 100]) {
    const seen: number[] = []
    for (let next: number | undefined = 0; next !== undefined; ) {
      const some = scenes.from(next, most)
      seen.push(...some)
      next = some.length === 0 ? undefined : (some.at(-1) ?? 0) + 1
    }
    expect(seen).toEqual(INDEXES)
  }
  expect(scenes.from(9, 2)).toEqual([15, 16])
  expect(scenes.from(800, 2)).toEqual([])
})
