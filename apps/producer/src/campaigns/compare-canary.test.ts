import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  DEFAULT_LOOK,
  lookIdOf,
  nameCode,
} from '@sunpress/core'
import type { KnownLook } from '@sunpress/ledger'
import { expect, it } from 'vitest'
import { APP_ID, createTestApi, type TestApi } from '../testing/test-api.js'

const LOOK = { ...DEFAULT_LOOK, page: 'pages/index/index', epoch: 2 }
const ID = '01M00000000000000000000000' as CampaignId
const record: CampaignRecord = {
  ...{ v: 1, id: ID, app: APP_ID as AppId, name: 'new logo', priority: 5, look: LOOK, badRows: 'refuse' },
  ...{ source: { kind: 'scenes' }, total: 3, skipped: 0, canary: 3, createdAt: '2026-01-01T00:00:00.000Z' },
}

const known = (...epochs: number[]): KnownLook[] =>
  epochs.map((epoch) => ({ id: lookIdOf({ ...LOOK, epoch }), look: { ...LOOK, epoch }, firstUsedAt: null }))

async function put(api: TestApi, scene: string, epoch: number, text: string): Promise<void> {
  const { key } = nameCode(record.app, scene, { ...LOOK, epoch })
  await api.store.codes.put(key, { bytes: Buffer.from(text), format: 'jpg', width: 430 })
}

const rowOf = (scene: string, index: number, n: number) => {
  const { id, key, look } = nameCode(record.app, scene, LOOK)
  return {
    ...{
      v: 1,
      id: `${ID}.${index}`,
      type: 'code.published',
      app: record.app,
      campaign: ID,
      index,
      n,
    },
    ...{ scene, page: LOOK.page, codeId: id, look, key, bytes: 3, sha256: '0'.repeat(64) },
    ...{ contentType: 'image/jpeg', width: 430, reused: false, publishedAt: record.createdAt },
  }
}

it('tells which pictures WeChat still answers as it did in the epoch before', async () => {
  const api = await createTestApi(() => ({ looksOf: async () => known(0, 1, 2, 3) }))
  for (const scene of ['s=1', 's=2', 's=3']) await put(api, scene, 2, `new ${scene}`)
  await put(api, 's=1', 1, 'new s=1')
  await put(api, 's=1', 0, 'older')
  await put(api, 's=2', 0, 'the old logo')
  // As they were published, which needn't be the order of the source.
  const rows = [rowOf('s=2', 1, 1), rowOf('s=3', 2, 2), rowOf('s=1', 0, 3)]
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  await api.store.records.put(`campaigns/${ID}/campaign.json`, Buffer.from(JSON.stringify(record)))
  await api.store.records.put(`campaigns/${ID}/manifest/part-1.ndjson`, Buffer.from(lines))
  const answer = await api.ask({ url: `/v1/campaigns/${ID}/canary` })
  expect(answer.json()).toMatchObject({
    ...{ canary: 3, same: 1, different: 1 },
    items: [
      { scene: 's=1', same: true, before: { epoch: 1 } },
      { scene: 's=2', same: false, before: { epoch: 0 } },
      { scene: 's=3', same: null, before: null },
    ],
  })
})

it('knows no campaign that is not there', async () => {
  const api = await createTestApi()
  expect((await api.ask({ url: `/v1/campaigns/${ID}/canary` })).statusCode).toBe(404)
})
