import { type AppId, type CampaignId, newCampaignId, WaitFault } from '@sunpress/core'
import { createCampaignLedger } from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { expect, it } from 'vitest'
import { sweep } from './sweep.js'

const NOW = Date.parse('2026-01-10T00:00:00Z')
const DAY_MS = 86_400_000
const clock = { now: () => NOW, monotonic: () => 0, sleep: async () => {} }
const app = 'wx0123456789abcdef' as AppId

function world() {
  const { records } = openMemoryStore({ clock })
  const campaigns = createCampaignLedger(records)
  const faults: unknown[] = []
  const failed = (_app: string, fault: unknown): void => void faults.push(fault)
  const parts = { campaigns, clock, observer: { failed }, sweepTemporaries: async () => 0 }
  const markOf = async (daysAgo: number): Promise<CampaignId> => {
    const id = newCampaignId(NOW - daysAgo * DAY_MS)
    await campaigns.markOpen(id, app)
    return id
  }
  const open = async (): Promise<CampaignId[]> => {
    const ids: CampaignId[] = []
    for await (const id of campaigns.listOpen()) ids.push(id)
    return ids
  }
  return { records, campaigns, faults, parts, markOf, open }
}

it('takes away old marks of what never came to be, and no others', async () => {
  const { records, parts, markOf, open } = world()
  await markOf(3)
  const written = await markOf(2)
  await records.put(`campaigns/${written}/campaign.json`, Buffer.from('{"v":1}'))
  const young = await markOf(0)
  await sweep(parts)
  expect(await open()).toEqual([written, young])
})

it('tells of a campaign whose file is damaged, leaves its mark, and sweeps those behind it', async () => {
  const { records, faults, parts, markOf, open } = world()
  const damaged = await markOf(3)
  await records.put(`campaigns/${damaged}/campaign.json`, Buffer.from('{"v":1'))
  await markOf(2)
  await sweep(parts)
  expect(await open()).toEqual([damaged])
  expect(faults).toEqual([expect.objectContaining({ code: 'ledger_damaged' })])
})

it('ends when the store is away', async () => {
  const { campaigns, parts, markOf } = world()
  await markOf(3)
  const away = new WaitFault('store_unavailable', 'away', 1_000)
  const readCampaign = () => Promise.reject(away)
  await expect(sweep({ ...parts, campaigns: { ...campaigns, readCampaign } })).rejects.toBe(away)
})
