import type { CampaignId, FeedEvent, Records } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createBitsLedger, retriedRows } from './bits.js'
import { bitmapSet, listSet } from './scene-set.js'

const id = '01HF000000000000000000000A' as CampaignId

/** Files in memory. */
function recordsOf() {
  const files = new Map<string, Uint8Array>()
  const records: Partial<Records> = {
    put: async (key, bytes) => void files.set(key, bytes),
    putIfAbsent: async (key, bytes) => {
      if (files.has(key)) return 'existed'
      files.set(key, bytes)
      return 'created'
    },
    read: async (key) => files.get(key) ?? null,
    list: async (prefix) => ({ keys: [...files.keys()].filter((key) => key.startsWith(prefix)), next: null }),
    remove: async (key) => void files.delete(key),
  }
  return { files, bits: createBitsLedger(records as Records) }
}

const counts = { n: 3, published: 2, reused: 1, refused: 1, retried: 0 }

it('a checkpoint that agrees with itself comes back', async () => {
  const { bits } = recordsOf()
  const bitmap = Buffer.from([0b1110_0000, 0, 0])
  await bits.writeCheckpoint(id, { ...counts, bits: bitmap })
  expect(await bits.readCheckpoint(id, 20)).toEqual({ ...counts, bits: bitmap })
})

it.each([
  { ...counts, published: 3 },
  { ...counts, refused: 0 },
  { ...counts, reused: 3 },
  { ...counts, n: 2 },
])('a checkpoint whose bits are not what it counts is passed over: %o', async (wrong) => {
  const { bits } = recordsOf()
  await bits.writeCheckpoint(id, { ...wrong, bits: Buffer.from([0b1110_0000, 0, 0]) })
  expect(await bits.readCheckpoint(id, 20)).toBeNull()
})

it('a retry of nothing takes a line of any campaign, and is decided once', async () => {
  const { bits, files } = recordsOf()
  const nothing = { seq: 4, upTo: 9, bits: Buffer.alloc(500_000) }
  await bits.writeRetry(id, 4_000_000, nothing)
  expect(files.get(`campaigns/${id}/retries/4`)?.length).toBeLessThan(200)
  const late = Buffer.alloc(500_000, 0xff)
  expect(await bits.writeRetry(id, 4_000_000, { ...nothing, bits: late })).toMatchObject({
    ...{ seq: 4, upTo: 9, scenes: { size: 0 } },
  })
})

it('a row is superseded when any retry behind it means its scene, be they small or large', () => {
  const isRetried = retriedRows([
    { seq: 1, upTo: 5, scenes: listSet(Uint32Array.from([2, 4])) },
    { seq: 2, upTo: 9, scenes: listSet(Uint32Array.from([4])) },
    { seq: 3, upTo: 20, scenes: bitmapSet(Buffer.from([0b0100_0000])) },
  ])
  const refused = (index: number, n: number) =>
    isRetried({ type: 'code.refused', index, n } as Pick<FeedEvent, 'type' | 'n' | 'index'>)
  expect([refused(2, 5), refused(2, 6)]).toEqual([true, false])
  expect([refused(4, 9), refused(4, 10)]).toEqual([true, false])
  expect([refused(1, 20), refused(1, 21), refused(0, 1)]).toEqual([true, false, false])
  expect(isRetried({ type: 'code.published', index: 2, n: 1 })).toBe(false)
})
