/** Reading while the index is rebuilt: rows of the tail get other numbers, and none may be left out. */
import type { AppId, CampaignId, CampaignRecord, Generation } from '@sunpress/core'
import { createBitsLedger, createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { describe, expect, it } from 'vitest'
import { toProblem } from '../problem.js'
import { createFakeIndex, indexOf } from '../testing/fake-index.js'
import { type Cursor, START } from './cursor.js'
import { createRowReader } from './row-reader.js'

const id = '01HF000000000000000000000A' as CampaignId
const campaign = {
  ...{ id, app: 'wx0123456789abcdef' as AppId, total: 2_400, skipped: 0, priority: 5 },
} as Partial<CampaignRecord> as CampaignRecord

const IN_ORDER = Array.from({ length: campaign.total }, (_, index) => index)
/** The first hundred were retried, and came last. */
const RETRIED = [...IN_ORDER.slice(100), ...IN_ORDER.slice(0, 100)]

const lineOf = (index: number, at: number): string =>
  JSON.stringify({ n: at + 1, index, type: 'code.published', id: `${id}.${index}` })

/** All rows stand in the tail, in the order of `RETRIED`. */
function inTail() {
  const { records } = openMemoryStore({ clock: { now: () => 0 } })
  const [manifests, bits] = [createManifestLedger(records), createBitsLedger(records)]
  const fake = createFakeIndex()
  let builds = 1
  const fill = (order: readonly number[]): void => {
    fake.entries = order.map((index, at) => ({
      streamId: `${builds}-${String(at).padStart(6, '0')}`,
      ...{ campaign: id, n: at + 1, line: lineOf(index, at) },
    }))
  }
  const noteClosed = (closed: number) =>
    fake.campaigns.set(id, { ...indexOf(campaign), n: campaign.total, closed })
  fill(RETRIED)
  noteClosed(0)
  const rebuild = (order: readonly number[]): void => {
    builds++
    fake.generation = `g${builds}` as Generation
    fill(order)
  }
  const close = async (order: readonly number[]): Promise<void> => {
    await manifests.writePart(id, 1, order.map(lineOf))
    fake.entries = []
    noteClosed(order.length)
  }
  let closed = 0
  const closeNext = async (rows: number): Promise<void> => {
    const lines = fake.entries.slice(0, rows).map(({ line }) => line)
    if (lines.length > 0) await manifests.writePart(id, closed + 1, lines)
    fake.entries = fake.entries.slice(rows)
    closed += lines.length
    noteClosed(closed)
  }
  const away = (): void => {
    fake.generation = null
    fake.entries = []
    fake.campaigns.clear()
  }
  const reader = createRowReader({
    campaigns: createCampaignLedger(records),
    manifests,
    bits,
    index: fake.index,
  })
  /** Rows in the order in which they came, each with its cursor; `onBatch` happens while whoever reads has a batch in hand. */
  const read = async (from: Cursor, onBatch: (batch: number) => unknown = () => null) => {
    const seen: { readonly index: number; readonly cursor: Cursor }[] = []
    let batches = 0
    for await (const { rows, generation } of reader.read(campaign, from, 'manifest')) {
      for (const { n, index } of rows) seen.push({ index, cursor: { generation, n } })
      batches++
      await onBatch(batches)
    }
    return seen
  }
  return { fake, rebuild, close, closeNext, away, read }
}

const distinct = (rows: readonly { readonly index: number }[]): number[] =>
  [...new Set(rows.map(({ index }) => index))].sort((a, b) => a - b)

describe('reading the tail while the index is rebuilt', () => {
  it.each(['in the tail', 'in a part'])(
    'gives every row, also those that now stand further ahead %s',
    async (where) => {
      const { rebuild, close, read } = inTail()
      const seen = await read(START, async (batch) => {
        if (batch !== 1) return
        rebuild(IN_ORDER)
        if (where === 'in a part') await close(IN_ORDER)
      })
      expect(distinct(seen)).toEqual(IN_ORDER)
      expect(seen.at(-1)?.cursor.generation).toBe(where === 'in a part' ? '0' : 'g2')
      for (const place of [500, 999, 1_000, 1_099, 2_000, seen.length - 1]) {
        const cursor = seen[place]?.cursor ?? START
        const both = [...seen.slice(0, place + 1), ...(await read(cursor))]
        expect(distinct(both), `on from ${cursor.generation}.${cursor.n}`).toEqual(IN_ORDER)
      }
    },
  )

  it('gives every row when it happens behind the last one', async () => {
    const { rebuild, read } = inTail()
    const seen = await read(START, (batch) => batch === 3 && rebuild(IN_ORDER))
    expect(seen.length).toBe(2 * campaign.total)
    expect(seen.at(-1)?.cursor).toEqual({ generation: 'g2', n: campaign.total })
  })

  it('gives nothing of a batch that was read in the numbering of before', async () => {
    const { fake, rebuild, read } = inTail()
    const { readEntries } = fake.index
    let asked = 0
    fake.index.readEntries = async (...wish) => {
      const entries = await readEntries(...wish)
      asked++
      if (asked === 2) rebuild(IN_ORDER)
      return entries
    }
    const seen = await read(START)
    expect(seen.map(({ cursor }) => cursor.generation).lastIndexOf('g1')).toBe(999)
    expect(seen.slice(1_000).map(({ index }) => index)).toEqual(IN_ORDER)
  })

  it('goes on in parts closed in the same numbering without a row twice', async () => {
    const { close, read } = inTail()
    const seen = await read(START, (batch) => batch === 1 && close(RETRIED))
    expect(seen.map(({ index }) => index)).toEqual(RETRIED)
    expect(seen.at(-1)?.cursor).toEqual({ generation: '0', n: campaign.total })
  })

  it('goes on however often the tail is closed while it is looked at', async () => {
    const { fake, closeNext, read } = inTail()
    const { readEntries } = fake.index
    fake.index.readEntries = async (...wish) => {
      await closeNext(300)
      return await readEntries(...wish)
    }
    expect((await read(START)).map(({ index }) => index)).toEqual(RETRIED)
  })

  it('is cut off where the next row stands nowhere', async () => {
    const { fake, read } = inTail()
    fake.entries = fake.entries.slice(1)
    await expect(read(START)).rejects.toMatchObject({ code: 'rows_moving' })
  })

  it.each([1, 3])('is cut off where there is no index behind batch %i', async (last) => {
    const { away, read } = inTail()
    const fault: unknown = await read(START, (batch) => batch === last && away()).catch((thrown) => thrown)
    expect(fault).toMatchObject({ kind: 'retry', code: 'index_rebuilt' })
    expect(toProblem(fault).status).toBe(503)
  })

  it('is cut off where it is rebuilt again and again', async () => {
    const { rebuild, read } = inTail()
    await expect(read(START, () => rebuild(IN_ORDER))).rejects.toMatchObject({ code: 'index_rebuilt' })
  })

  it('ends whole without an index where the campaign had ended before', async () => {
    const { fake, away, close, read } = inTail()
    await close(RETRIED)
    fake.campaigns.clear()
    expect((await read(START, away)).map(({ index }) => index)).toEqual(RETRIED)
  })
})
