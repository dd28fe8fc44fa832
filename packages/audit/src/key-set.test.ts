import { type AppId, type CodeId, codeIdOf, DEFAULT_LOOK } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createKeySet } from './key-set.js'

const APP = 'wx0123456789abcdef' as AppId
const idOf = (at: number): CodeId => codeIdOf(APP, `s=${at}`, DEFAULT_LOOK)

it.each([1, 30, 300, 3_000])('a set of %s codes has each of them, and none of 20,000 others', (count) => {
  const set = createKeySet(count)
  for (let at = 0; at < count; at++) set.add(idOf(at))
  for (let at = 0; at < count; at++) expect(set.mayHave(idOf(at))).toBe(true)
  const others = Array.from({ length: 20_000 }, (_, at) => idOf(100_000 + at))
  expect(others.filter((id) => set.mayHave(id))).toEqual([])
})
