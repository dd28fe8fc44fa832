import { type AppId, DEFAULT_LOOK, type Look, lookIdOf } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { expect, it } from 'vitest'
import { createCampaignLedger } from './campaigns.js'
import { type KnownLook, listLooks } from './looks.js'

const APP = 'wx0123456789abcdef' as AppId

it('gives every look back as it was, and none of another app', async () => {
  const { records } = openMemoryStore({ clock: { now: () => 0 } })
  const ledger = createCampaignLedger(records)
  const looks: Look[] = Array.from({ length: 40 }, (_, epoch) => ({
    ...DEFAULT_LOOK,
    page: 'pages/a',
    epoch,
  }))
  looks.push({
    ...DEFAULT_LOOK,
    page: 'pages/a',
    hyaline: true,
    format: 'png',
    lineColor: { r: 1, g: 2, b: 3 },
  })
  for (const look of looks) await ledger.writeLook(APP, look)
  await ledger.writeLook('wx0123456789abcde0' as AppId, DEFAULT_LOOK)
  const found: KnownLook[] = []
  for await (const look of listLooks(records, APP, () => {})) found.push(look)
  const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1)
  expect(found.toSorted(byId)).toEqual(looks.map((look) => ({ id: lookIdOf(look), look })).toSorted(byId))
})

it.each([
  '{"v":1,',
  '{"v":1}',
  '{"v":1,"look":7}',
  'null',
  '{"v":1,"look":{"lineColor":null}}',
  '{"v":9,"look":{}}',
])('leaves a file out that holds %s, and tells of it', async (text) => {
  const { records } = openMemoryStore({ clock: { now: () => 0 } })
  await createCampaignLedger(records).writeLook(APP, DEFAULT_LOOK)
  const key = `looks/${APP}/bad.json`
  await records.put(key, Buffer.from(text))
  const skipped: string[] = []
  const found: KnownLook[] = []
  for await (const look of listLooks(records, APP, (at) => skipped.push(at))) found.push(look)
  expect(found.map(({ look }) => look)).toEqual([DEFAULT_LOOK])
  expect(skipped).toEqual([key])
})
