import type { AppId, CampaignId, CampaignRecord, FeedEvent } from '@sunpress/core'
import { createBitsLedger, createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { expect, it } from 'vitest'
import { createFakeIndex } from '../testing/fake-index.js'
import { parseCursor } from './cursor.js'
import { exportRows } from './export-rows.js'
import { readRowPage } from './row-page.js'
import { createRowReader } from './row-reader.js'

const id = '01HF000000000000000000000A' as CampaignId
const campaign = {
  id,
  app: 'wx0123456789abcdef' as AppId,
  total: 20,
} as Partial<CampaignRecord> as CampaignRecord
const row = (n: number, index: number, type: FeedEvent['type']) =>
  JSON.stringify({ n, index, type, id: `${id}.${index}` })

it('a refusal that a retry has taken out is no failure any more, nor is one that was printed since', async () => {
  const { records } = openMemoryStore({ clock: { now: () => 0 } as never })
  const [manifests, bits] = [createManifestLedger(records), createBitsLedger(records)]
  const first = [1, 2, 3].map((at) => row(at, at, 'code.refused'))
  await manifests.writePart(id, 1, first)
  // Scenes 1 and 2 are let go; 1 is printed, 2 is refused again.
  await bits.writeRetry(id, 20, { seq: 1, upTo: 3, bits: Buffer.from([0b01100000, 0, 0]) })
  await manifests.writePart(id, 4, [row(4, 1, 'code.published'), row(5, 2, 'code.refused')])
  const campaigns = createCampaignLedger(records)
  const reader = createRowReader({ campaigns, manifests, bits, index: createFakeIndex().index })
  const start = parseCursor(undefined)
  const urlOf = () => ''
  const page = await readRowPage(reader, campaign, start, { kind: 'failures', limit: 10, urlOf })
  expect(page.items.map(({ n, index }) => [n, index])).toEqual([
    [3, 3],
    [5, 2],
  ])
  const lines: string[] = []
  const wish = { kind: 'failures', format: 'application/x-ndjson', urlOf } as const
  for await (const text of exportRows(reader, campaign, start, wish)) lines.push(text)
  expect(lines.join('').trim().split('\n')).toHaveLength(2)
})

it('what retries took out is read once, and again when there is another one', async () => {
  const { records } = openMemoryStore({ clock: { now: () => 0 } })
  const [manifests, bits] = [createManifestLedger(records), createBitsLedger(records)]
  let reads = 0
  const counted: typeof bits = {
    ...bits,
    readRetries: (...of) => {
      reads++
      return bits.readRetries(...of)
    },
  }
  const campaigns = createCampaignLedger(records)
  const reader = createRowReader({ campaigns, manifests, bits: counted, index: createFakeIndex().index })
  const refusal = (index: number) => ({ n: 1, index, type: 'code.refused' }) as FeedEvent
  await bits.writeRetry(id, 20, { seq: 1, upTo: 3, bits: Buffer.from([0b01000000, 0, 0]) })
  for (let time = 0; time < 3; time++) expect((await reader.superseded(campaign))(refusal(1))).toBe(true)
  expect(reads).toBe(1)
  await bits.writeRetry(id, 20, { seq: 2, upTo: 3, bits: Buffer.from([0b00100000, 0, 0]) })
  expect((await reader.superseded(campaign))(refusal(2))).toBe(true)
  expect(reads).toBe(2)
})
