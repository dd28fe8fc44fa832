import type { CampaignId, CodeId, WithdrawnEvent } from '@sunpress/core'
import { nameCode } from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { createKeySet } from './key-set.js'
import { purgeCampaign, wantedCodes, withdrawnFile } from './purge-campaign.js'
import { quarantine, quarantineKey } from './quarantine.js'
import { APP, LOOK, openTestStore, PICTURE, print, type TestStore } from './testing/printed-campaign.js'
import { verifyCampaign } from './verify-campaign.js'

let store: TestStore
let said: WithdrawnEvent[]

const keyOf = (scene: string): string => nameCode(APP, scene, LOOK).key
const isThere = async (scene: string): Promise<boolean> => (await store.codes.stat(keyOf(scene))) !== null

const purge = async (id: CampaignId, dryRun = false) =>
  await purgeCampaign(store, id, {
    dryRun,
    wanted: await wantedCodes(store, APP, new Set([id])),
    onWithdrawn: (event) => said.push(event),
    signal: new AbortController().signal,
  })

beforeEach(() => {
  store = openTestStore()
  said = []
})

describe('a purge', () => {
  it('takes the pictures away, and tells of each before', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2', 's=3'], refused: [2] })
    expect(await purge(id)).toEqual({ withdrawn: 2, shared: 0 })
    expect(said.map(({ type, index }) => [type, index])).toEqual([
      ['code.withdrawn', 1],
      ['code.withdrawn', 0],
    ])
    expect([await isThere('s=1'), await isThere('s=2')]).toEqual([false, false])
    expect(await store.records.read(withdrawnFile(id, 1))).not.toBeNull()
    expect((await store.records.list(`campaigns/${id}/manifest/`)).keys).toEqual([])
    expect(await store.campaigns.readCampaign(id)).not.toBeNull()
  })

  it('leaves what another campaign has published', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    await print(store, { scenes: ['s=2', 's=3'] })
    expect(await purge(id)).toEqual({ withdrawn: 1, shared: 1 })
    expect([await isThere('s=1'), await isThere('s=2'), await isThere('s=3')]).toEqual([false, true, true])
  })

  it('leaves what a campaign that has not ended may publish', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    const open = await print(store, { scenes: ['s=2'] })
    await store.records.remove(`campaigns/${open}/report.json`)
    await store.records.remove(`campaigns/${open}/manifest/part-1.ndjson`)
    expect(await purge(id)).toEqual({ withdrawn: 1, shared: 1 })
    expect(await isThere('s=2')).toBe(true)
  })

  it('is told by a verification afterwards', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    await purge(id)
    const signal = new AbortController().signal
    const report = await verifyCampaign(store, id, {
      parallel: 1,
      onFinding: () => {},
      onChecked: () => {},
      signal,
    })
    expect(report?.ledger).toEqual(['its pictures were purged: nothing is left to verify'])
  })

  it('only counts in a dry run', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    expect(await purge(id, true)).toEqual({ withdrawn: 1, shared: 0 })
    expect(await isThere('s=1')).toBe(true)
    expect((await store.records.list(`campaigns/${id}/withdrawn/`)).keys).toEqual([])
  })

  it('does not touch a campaign that has not ended, nor one that it does not know', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    await store.records.remove(`campaigns/${id}/report.json`)
    expect(await purge(id)).toBeNull()
    expect(await purge('01M00000000000000000000000' as CampaignId)).toBeNull()
    expect(await isThere('s=1')).toBe(true)
  })

  it('goes on where a crash left it', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    const { remove } = store.codes
    let left = 1
    const codes = {
      ...store.codes,
      remove: async (key: string) => {
        if (left-- === 0) throw new Error('killed')
        await remove(key)
      },
    }
    const whole = store
    store = { ...store, codes }
    await expect(purge(id)).rejects.toThrow('killed')
    store = whole
    expect(await purge(id)).toEqual({ withdrawn: 2, shared: 0 })
    expect([await isThere('s=1'), await isThere('s=2')]).toEqual([false, false])
  })
})

describe('the codes that are still wanted', () => {
  const id = (n: number) => `${APP}-${n}` as CodeId
  it('are never forgotten, and others hardly ever taken for them', () => {
    const set = createKeySet(10_000)
    for (let n = 0; n < 10_000; n++) set.add(id(n))
    const known = Array.from({ length: 10_000 }, (_, n) => set.mayHave(id(n)))
    expect(known.every(Boolean)).toBe(true)
    const others = Array.from({ length: 10_000 }, (_, n) => set.mayHave(id(n + 10_000)))
    expect(others.filter(Boolean).length).toBeLessThanOrEqual(2)
  })
})

describe('a quarantine', () => {
  it('keeps a copy and frees the key, and may be repeated', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    const kept = await quarantine(store, id, { key: keyOf('s=1') })
    expect(kept).toBe(quarantineKey(id, keyOf('s=1')))
    expect(Buffer.from((await store.records.read(kept ?? '')) ?? []).equals(PICTURE)).toBe(true)
    expect(await isThere('s=1')).toBe(false)
    expect(await quarantine(store, id, { key: keyOf('s=1') })).toBeNull()
  })
})
