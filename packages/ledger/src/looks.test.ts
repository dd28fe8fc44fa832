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
  for (const look of looks) await ledger.writeLook(APP, look, 0)
  await ledger.writeLook('wx0123456789abcde0' as AppId, DEFAULT_LOOK, 0)
  const found: KnownLook[] = []
  for await (const look of listLooks(records, APP, () => {})) found.push(look)
  const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1)
  const expected = looks.map((look) => ({
    id: lookIdOf(look),
    look,
    firstUsedAt: '1970-01-01T00:00:00.000Z',
  }))
  expect(found.toSorted(byId)).toEqual(expected.toSorted(byId))
})

it('remembers when a look was used first, whoever uses it later; files from before say nothing of it', async () => {
  const { records } = openMemoryStore({ clock: { now: () => 0 } })
  const ledger = createCampaignLedger(records)
  const [now, old] = [DEFAULT_LOOK, { ...DEFAULT_LOOK, epoch: 1 }]
  await records.put(`looks/${APP}/${lookIdOf(old)}.json`, Buffer.from('{"v":1,"look":{"epoch":1}}\n'))
  for (const usedAtMs of [1_000, 2_000]) {
    await ledger.writeLook(APP, now, usedAtMs)
    await ledger.writeLook(APP, old, usedAtMs)
  }
  const found = new Map<string, string | null>()
  for await (const { id, firstUsedAt } of listLooks(records, APP, () => {})) found.set(id, firstUsedAt)
  expect(found.get(lookIdOf(now))).toBe('1970-01-01T00:00:01.000Z')
  expect(found.get(lookIdOf(old))).toBeNull()
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
  await createCampaignLedger(records).writeLook(APP, DEFAULT_LOOK, 0)
  const key = `looks/${APP}/bad.json`
  await records.put(key, Buffer.from(text))
  const skipped: string[] = []
  const found: KnownLook[] = []
  for await (const look of listLooks(records, APP, (at) => skipped.push(at))) found.push(look)
  expect(found.map(({ look }) => look)).toEqual([DEFAULT_LOOK])
  expect(skipped).toEqual([key])
})
