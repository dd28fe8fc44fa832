import type { CampaignId, FeedEvent } from '@sunpress/core'
import { bitmapSet, type Checkpoint, type RetriedScenes } from '@sunpress/ledger'
import { expect, it } from 'vitest'
import { hasBit, newBits, setBit } from './bits.js'
import type { UpkeepParts } from './parts.js'
import { readProgress } from './progress.js'

const TOTAL = 40
const campaign = { id: '01HF000000000000000000000A' as CampaignId, total: TOTAL }

type Row = readonly ['published' | 'reused' | 'refused', index: number]

const bitsOf = (...indexes: number[]): Buffer => {
  const bits = newBits(TOTAL)
  for (const index of indexes) setBit(bits, index)
  return bits
}
const indexesIn = (bits: Buffer): number[] =>
  Array.from({ length: TOTAL }, (_, index) => index).filter((index) => hasBit(bits, index))

/** A ledger with these parts; `reads` are the parts that were read. */
function ledgerWith(
  rows: readonly (readonly Row[])[],
  { checkpoints = [], retries = [] }: { checkpoints?: Checkpoint[]; retries?: RetriedScenes[] } = {},
) {
  const reads: number[] = []
  const parts = new Map<number, FeedEvent[]>()
  let n = 0
  for (const part of rows) {
    parts.set(
      n + 1,
      part.map(([outcome, index], at) => {
        const type = outcome === 'refused' ? 'code.refused' : 'code.published'
        const facts = { n: n + at + 1, index, reused: outcome === 'reused', errcode: index, reason: 'no' }
        return { type, ...facts } as Partial<FeedEvent> as FeedEvent
      }),
    )
    n += part.length
  }
  const manifests: Partial<UpkeepParts['manifests']> = {
    listParts: async () => [...parts.keys()],
    readPart: async (_id, firstN) => {
      reads.push(firstN)
      return parts.get(firstN) ?? []
    },
  }
  const bits: Partial<UpkeepParts['bits']> = {
    readCheckpoint: async (_id, _total, fits = () => true) => checkpoints.find((one) => fits(one)) ?? null,
    readRetries: async () => retries,
  }
  const all = { manifests, bits } as Partial<UpkeepParts> as UpkeepParts
  return { parts: all, reads }
}

const checkpoint = (n: number, retried: number, ...indexes: number[]): Checkpoint => ({
  ...{ n, published: indexes.length, reused: 0, refused: 0, retried },
  bits: bitsOf(...indexes),
})

it('is what the parts say', async () => {
  const { parts } = ledgerWith([
    [
      ['published', 3],
      ['reused', 1],
    ],
    [['refused', 7]],
  ])
  const { progress } = await readProgress(parts, campaign)
  expect(progress).toMatchObject({ n: 3, published: 2, reused: 1, refused: 1, retried: 0 })
  expect(indexesIn(progress.bits)).toEqual([1, 3, 7])
})

it('is the newest checkpoint and the parts behind it, and no other part is read', async () => {
  const rows: Row[][] = [
    [
      ['published', 0],
      ['published', 1],
    ],
    [['published', 2]],
  ]
  const { parts, reads } = ledgerWith(rows, { checkpoints: [checkpoint(2, 0, 0, 1)] })
  const { progress } = await readProgress(parts, campaign)
  expect(progress).toMatchObject({ n: 3, published: 3 })
  expect(reads).toEqual([3])
})

it('reads the part in which a checkpoint ends, should it end in one, and counts no row twice', async () => {
  const rows: Row[][] = [
    [
      ['published', 0],
      ['published', 1],
    ],
    [['published', 2]],
  ]
  const { parts, reads } = ledgerWith(rows, { checkpoints: [checkpoint(1, 0, 0)] })
  const { progress } = await readProgress(parts, campaign)
  expect(progress).toMatchObject({ n: 3, published: 3 })
  expect(reads).toEqual([1, 3])
})

it('is nothing that can be told while a part between others is lost', async () => {
  const { parts } = ledgerWith([[['published', 0]], [['published', 1]], [['published', 2]]])
  const manifests = { ...parts.manifests, listParts: async () => [1, 3] }
  await expect(readProgress({ ...parts, manifests }, campaign)).rejects.toMatchObject({
    ...{ kind: 'halt', code: 'ledger_missing' },
  })
})

it('takes out what a retry let go, where it stood in the order of rows', async () => {
  const rows: Row[][] = [
    [
      ['refused', 4],
      ['refused', 5],
    ],
    [
      ['published', 4],
      ['refused', 6],
    ],
  ]
  const { parts } = ledgerWith(rows, { retries: [{ seq: 2, upTo: 2, scenes: bitmapSet(bitsOf(4, 5)) }] })
  const { progress } = await readProgress(parts, campaign)
  expect(progress).toMatchObject({ n: 4, published: 1, refused: 1, retried: 2 })
  expect(indexesIn(progress.bits)).toEqual([4, 6])
})

it('passes over a checkpoint that was written without knowing of a retry before it', async () => {
  const rows: Row[][] = [
    [
      ['refused', 4],
      ['refused', 5],
    ],
    [['published', 4]],
  ]
  const late: Checkpoint = { ...checkpoint(3, 0, 4), refused: 1, bits: bitsOf(4, 5) }
  const retries = [{ seq: 2, upTo: 2, scenes: bitmapSet(bitsOf(4, 5)) }]
  const { parts } = ledgerWith(rows, { checkpoints: [late], retries })
  const { progress } = await readProgress(parts, campaign)
  expect(progress).toMatchObject({ n: 3, published: 1, refused: 0 })
  expect(indexesIn(progress.bits)).toEqual([4])
})

it('takes no retry out twice that a checkpoint knows of', async () => {
  const rows: Row[][] = [[['refused', 4]], [['refused', 4]]]
  const knowing: Checkpoint = { ...checkpoint(2, 2), refused: 1, bits: bitsOf(4) }
  const retries = [{ seq: 2, upTo: 1, scenes: bitmapSet(bitsOf(4)) }]
  const { parts } = ledgerWith(rows, { checkpoints: [knowing], retries })
  expect((await readProgress(parts, campaign)).progress).toMatchObject({ n: 2, refused: 1 })
})
