import type { CampaignId, FeedEvent, ListOptions } from '@sunpress/core'
import { expect, it } from 'vitest'
import { findPart } from './find-part.js'

const id = '01HF000000000000000000000A' as CampaignId
const folder = `campaigns/${id}/manifest/`
const MOST = 10_000

/** A store that has parts with these first numbers, and nothing else; counts what it is asked. */
function storeWith(firsts: readonly number[], lastN: number) {
  const keys = [...firsts.map((n) => `${folder}part-${n}.ndjson`), `${folder}index.json`].sort()
  const asked = { lists: 0, reads: 0 }
  const list = async (prefix: string, { after = '', limit = 1_000 }: ListOptions = {}) => {
    asked.lists++
    const found = keys.filter((key) => key.startsWith(prefix) && key > after)
    return { keys: found.slice(0, limit), next: found.length > limit ? (found[limit - 1] ?? null) : null }
  }
  const ends = new Map(firsts.map((first, at) => [first, firsts[at + 1] ?? lastN + 1]))
  const readPartAt = async (_id: CampaignId, firstN: number) => {
    asked.reads++
    const end = ends.get(firstN)
    return end === undefined ? null : new Array<FeedEvent>(end - firstN)
  }
  return { source: { records: { list }, readPartAt }, asked }
}

const everyNth = (step: number, lastN: number): number[] =>
  Array.from({ length: Math.ceil(lastN / step) }, (_, at) => at * step + 1)

it('finds the part of any row of 40,000 parts by a few requests', async () => {
  const { source, asked } = storeWith(everyNth(2_500, 100_000_000), 100_000_000)
  for (const n of [1, 2_500, 2_501, 9_999, 10_001, 12_500, 99_999, 100_001, 102_499, 999_999, 1_000_001]) {
    Object.assign(asked, { lists: 0, reads: 0 })
    expect(await findPart(source, id, n, MOST)).toBe(Math.floor((n - 1) / 2_500) * 2_500 + 1)
    expect(asked.lists + asked.reads).toBeLessThanOrEqual(7)
  }
  for (const n of [50_000_000, 99_999_999, 100_000_000]) {
    Object.assign(asked, { lists: 0, reads: 0 })
    expect(await findPart(source, id, n, MOST)).toBe(Math.floor((n - 1) / 2_500) * 2_500 + 1)
    expect(asked.lists).toBeLessThanOrEqual(2)
  }
})

it('finds it among parts of all sizes, one row and full ones', async () => {
  const sizes = [1, 1, 7, 2_500, 3, 10_000, 88, 9, 1, 2_500, 2_500, 640, 10_000, 10_000, 5]
  const firsts: number[] = []
  let next = 1
  for (let round = 0; round < 12; round++)
    for (const size of sizes) {
      firsts.push(next)
      next += size
    }
  const { source } = storeWith(firsts, next - 1)
  for (let n = 1; n < next; n += 499)
    expect(await findPart(source, id, n, MOST)).toBe(firsts.findLast((first) => first <= n))
})

it('finds none where no part can hold the row', async () => {
  const { source } = storeWith([1, 2_501, 40_001], 42_000)
  expect(await findPart(source, id, 30_000, MOST)).toBeNull()
  expect(await findPart(storeWith([], 0).source, id, 1, MOST)).toBeNull()
  // Too far behind the last one, and what is nobody's row.
  expect(await findPart(source, id, 60_000, MOST)).toBeNull()
  expect(await findPart(source, id, 999_999_999_999_999, MOST)).toBeNull()
})
