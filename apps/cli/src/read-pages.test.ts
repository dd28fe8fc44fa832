import type { PageOptions } from '@sunpress/client'
import { expect, test } from 'vitest'
import { readPages } from './read-pages.js'

test('pages are read to the last, each from where the one before has ended', async () => {
  const asked: PageOptions[] = []
  const read = async (at: PageOptions) => {
    asked.push(at)
    return at.cursor === undefined ? { items: [1, 2], nextCursor: 'two' } : { items: [3], nextCursor: null }
  }
  const rows: number[] = []
  for await (const row of readPages(read)) rows.push(row)
  expect(rows).toEqual([1, 2, 3])
  expect(asked).toEqual([{ limit: 1_000 }, { limit: 1_000, cursor: 'two' }])
})
