import type { AppId, CampaignId, CampaignRecord, FeedEvent, Records } from '@sunpress/core'
import {
  createBitsLedger,
  createCampaignLedger,
  createManifestLedger,
  type ManifestPart,
} from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { describe, expect, it } from 'vitest'
import { createFakeIndex, indexOf } from '../testing/fake-index.js'
import { type Cursor, parseCursor } from './cursor.js'
import type { RowKind } from './present-row.js'
import { readRowPage } from './row-page.js'
import { createRowReader } from './row-reader.js'

const id = '01HF000000000000000000000A' as CampaignId
const campaign = {
  id,
  app: 'wx0123456789abcdef' as AppId,
  total: 1_000,
} as Partial<CampaignRecord> as CampaignRecord
const at = (n: number): Cursor => ({ generation: '0', n })

const line = (n: number, isRefused: boolean): string =>
  JSON.stringify({ n, index: n, type: isRefused ? 'code.refused' : 'code.published', id: `${id}.${n}` })

/** A campaign whose rows stand in closed parts of ten; every row of the parts in `refused` is a refusal. */
async function campaignWith(lastN: number, { refused = [], isOpen = false }: Given = {}) {
  const { records: stored } = openMemoryStore({ clock: { now: () => 0 } })
  const asked: string[] = []
  const records: Records = {
    ...stored,
    read(key) {
      asked.push(key)
      return stored.read(key)
    },
    list(prefix, options) {
      asked.push(`${prefix}*`)
      return stored.list(prefix, options)
    },
  }
  const manifests = createManifestLedger(records)
  const parts: ManifestPart[] = []
  const close = async (from: number, to: number): Promise<void> => {
    for (let firstN = from; firstN <= to; firstN += 10) {
      const rows = Math.min(10, to - firstN + 1)
      const isRefused = refused.includes(firstN)
      const lines = Array.from({ length: rows }, (_, row) => line(firstN + row, isRefused))
      await manifests.writePart(id, firstN, lines)
      parts.push({ firstN, rows, refused: isRefused ? rows : 0 })
    }
  }
  await close(1, lastN)
  const fake = createFakeIndex()
  if (isOpen) fake.campaigns.set(id, { ...indexOf({ ...campaign, priority: 5, skipped: 0 }), closed: lastN })
  const ledgers = { campaigns: createCampaignLedger(records), bits: createBitsLedger(records), manifests }
  const reader = createRowReader({ ...ledgers, index: fake.index })
  const page = (from: Cursor, limit: number, kind: RowKind = 'manifest') =>
    readRowPage(reader, campaign, from, { kind, limit, urlOf: () => '' })
  return { records, manifests, parts, close, fake, page, asked, reader }
}

interface Given {
  readonly refused?: readonly number[]
  readonly isOpen?: boolean
}

const numbers = (rows: readonly { readonly n: number }[]): number[] => rows.map(({ n }) => n)
const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, place) => from + place)

describe('a place in a manifest', () => {
  it.each([true, false])('is found by a few requests, wherever it is (open: %s)', async (isOpen) => {
    for (const cursor of [0, 15_555, 39_985]) {
      const { page, asked, manifests, parts } = await campaignWith(40_000, { isOpen })
      if (!isOpen) await manifests.writeIndex(id, parts)
      asked.length = 0
      expect(numbers((await page(at(cursor), 10)).items)).toEqual(span(cursor + 1, cursor + 10))
      expect(asked.length).toBeLessThanOrEqual(6)
    }
  })

  it('is where the page before ended: the next one reads its part and nothing else of the manifest', async () => {
    const { page, asked } = await campaignWith(40_000, { isOpen: true })
    const { nextCursor } = await page(at(15_555), 10)
    asked.length = 0
    await page(parseCursor(nextCursor ?? ''), 10)
    expect(asked.filter((key) => key.includes('manifest'))).toEqual([
      `campaigns/${id}/manifest/part-15571.ndjson`,
    ])
  })

  it('is found behind the index of an end, where a retry has opened the campaign again', async () => {
    const { page, manifests, parts, close } = await campaignWith(400)
    await manifests.writeIndex(id, parts)
    expect(numbers((await page(at(385), 10)).items)).toEqual(span(386, 395))
    await close(401, 433)
    expect(numbers((await page(at(385), 1_000)).items)).toEqual(span(386, 433))
    expect(numbers((await page(at(425), 1_000)).items)).toEqual(span(426, 433))
    await manifests.writeIndex(id, parts)
    expect(numbers((await page(at(425), 1_000)).items)).toEqual(span(426, 433))
  })
})

describe('a part that is lost', () => {
  const lost = `campaigns/${id}/manifest/part-21.ndjson`

  it.each<[string, boolean, boolean]>([
    ['of an open campaign', true, false],
    ['of an open campaign while Redis is away', true, true],
    ['of one that has ended', false, false],
  ])('%s is a fault, and not the end of the list', async (_, isOpen, away) => {
    const { page, records, fake, manifests, parts } = await campaignWith(60, { isOpen })
    if (!isOpen) await manifests.writeIndex(id, parts)
    fake.away = away
    await records.remove(lost)
    expect(numbers((await page(at(10), 9)).items)).toEqual(span(11, 19))
    for (const cursor of [10, 20, 25]) {
      const asked = page(at(cursor), 1_000)
      await expect(asked).rejects.toMatchObject({ kind: 'halt', code: 'ledger_missing' })
    }
    expect(numbers((await page(at(30), 1_000)).items)).toEqual(span(31, 60))
  })

  it('is noticed again each time: nothing remembers it as empty', async () => {
    const { page, records, manifests } = await campaignWith(60, { isOpen: true })
    await records.remove(lost)
    await expect(page(at(0), 1_000)).rejects.toThrow('row 21')
    await manifests.writePart(
      id,
      21,
      span(21, 30).map((n) => line(n, false)),
    )
    expect(numbers((await page(at(0), 1_000)).items)).toEqual(span(1, 60))
  })

  it('holds rows in order, or is damaged', async () => {
    const { page, records } = await campaignWith(60, { isOpen: true })
    await records.put(lost, Buffer.from(`${line(21, false)}\n${line(23, false)}\n`))
    await expect(page(at(0), 1_000)).rejects.toMatchObject({ code: 'ledger_damaged' })
  })

  it('of a campaign that was purged meanwhile is told as what it is', async () => {
    const { page, records } = await campaignWith(60)
    const { nextCursor } = await page(at(0), 10)
    await records.put(`campaigns/${id}/purged.json`, Buffer.from('{"v":1}\n'))
    for (const firstN of span(1, 60).filter((n) => n % 10 === 1))
      await records.remove(`campaigns/${id}/manifest/part-${firstN}.ndjson`)
    await expect(page(parseCursor(nextCursor ?? ''), 10)).rejects.toMatchObject({
      ...{ status: 409, code: 'campaign_purged' },
    })
  })
})

describe('a campaign that was purged', () => {
  it.each(['gone from', 'ended in'])(
    'is told as such from parts that are still kept: %s the index',
    async (how) => {
      const { page, records, fake } = await campaignWith(60, { isOpen: true })
      await page(at(0), 1_000)
      const standing = fake.campaigns.get(id)
      if (how === 'gone from') fake.campaigns.delete(id)
      else if (standing !== undefined) fake.campaigns.set(id, { ...standing, state: 'completed' })
      await records.put(`campaigns/${id}/purged.json`, Buffer.from('{"v":1}\n'))
      await expect(page(at(0), 10)).rejects.toMatchObject({ status: 409, code: 'campaign_purged' })
    },
  )

  it('is not asked for while the campaign runs', async () => {
    const { page, asked } = await campaignWith(60, { isOpen: true })
    await page(at(0), 1_000)
    expect(asked.filter((key) => key.includes('purg'))).toEqual([])
  })
})

describe('failures', () => {
  it('are found without a look at parts of which the index says that they hold none', async () => {
    const { page, asked, manifests, parts } = await campaignWith(1_000, { refused: [501, 991] })
    await manifests.writeIndex(id, parts)
    asked.length = 0
    const { items, nextCursor } = await page(at(0), 100, 'failures')
    expect(numbers(items)).toEqual([...span(501, 510), ...span(991, 1_000)])
    expect(nextCursor).toBeNull()
    expect(asked.filter((key) => key.includes('part-'))).toEqual([
      `campaigns/${id}/manifest/part-501.ndjson`,
      `campaigns/${id}/manifest/part-991.ndjson`,
      // Is there one behind the last one by now?
      `campaigns/${id}/manifest/part-1001.ndjson`,
    ])
    const second = await page(at(505), 3, 'failures')
    expect(numbers(second.items)).toEqual([506, 507, 508])
  })

  it('are looked for in every part where nobody has counted them', async () => {
    const { page, manifests, parts } = await campaignWith(100, { refused: [51] })
    const uncounted = parts.map(({ firstN, rows }) => ({ firstN, rows }))
    await manifests.writeIndex(id, uncounted)
    expect(numbers((await page(at(0), 100, 'failures')).items)).toEqual(span(51, 60))
  })

  it('are those of the rows alone, whatever is passed over', async () => {
    const { reader, manifests, parts } = await campaignWith(95, { refused: [1, 31, 91] })
    await manifests.writeIndex(id, parts)
    const seen: FeedEvent[] = []
    let lastN = 0
    for await (const batch of reader.read(campaign, at(5), 'failures')) {
      seen.push(...batch.rows)
      lastN = batch.lastN
    }
    expect(numbers(seen)).toEqual([...span(6, 10), ...span(31, 40), ...span(91, 95)])
    expect(lastN).toBe(95)
  })
})
