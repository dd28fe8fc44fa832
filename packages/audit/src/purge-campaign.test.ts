import type { CampaignId, CodeId, WithdrawnEvent } from '@sunpress/core'
import { nameCode } from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { createKeySet } from './key-set.js'
import { purgeCampaign, withdrawnFile } from './purge-campaign.js'
import { quarantineKey } from './quarantine.js'
import {
  APP,
  AT,
  appendRows,
  LOOK,
  openTestStore,
  print,
  publish,
  type TestStore,
} from './testing/printed-campaign.js'
import { verifyCampaign } from './verify-campaign.js'
import { wantedCodes } from './wanted-codes.js'

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

const textOf = async (file: string): Promise<string> =>
  Buffer.from((await store.records.read(file)) ?? []).toString('utf8')
const withdrawnKeys = async (id: CampaignId): Promise<readonly string[]> =>
  (await store.records.list(`campaigns/${id}/withdrawn/`)).keys
const toldOf = async (id: CampaignId): Promise<WithdrawnEvent[]> => {
  const texts = await Promise.all((await withdrawnKeys(id)).map(textOf))
  return texts.flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
}

/** Three parts of the manifest: of one row each. */
async function printInParts(): Promise<CampaignId> {
  const id = await print(store, { scenes: ['s=1', 's=2', 's=3'], cancelled: [1, 2] })
  await appendRows(store, id, [await publish(store, id, 1, 2, 's=2')])
  await appendRows(store, id, [await publish(store, id, 2, 3, 's=3')])
  return id
}

/** The purge dies at the n-th step of this kind. */
async function dieAt(id: CampaignId, what: 'codes' | 'records', n: number): Promise<void> {
  const whole = store
  let left = n
  const remove = async (key: string) => {
    if (--left === 0) throw new Error('killed')
    await whole[what].remove(key)
  }
  store = { ...store, [what]: { ...store[what], remove } }
  await expect(purge(id)).rejects.toThrow('killed')
  store = whole
}

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

  it('leaves the reports of all ends, and takes all indexes of the manifest', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'], refused: [1] })
    await store.manifests.writeIndex(id, [{ firstN: 1, rows: 2 }])
    await store.campaigns.appendRetry({ id, app: APP }, {}, AT)
    expect(await purge(id)).toBeNull()
    await appendRows(store, id, [await publish(store, id, 1, 3, 's=2')])
    await store.manifests.writeIndex(id, [
      { firstN: 1, rows: 2 },
      { firstN: 3, rows: 1 },
    ])
    const first = await store.campaigns.readReport(id)
    if (first === null) throw new Error('no report')
    await store.campaigns.writeReport({ ...first, retried: 1 })
    await store.campaigns.closeEnded(id, APP)
    expect(await purge(id)).toEqual({ withdrawn: 2, shared: 0 })
    const { keys } = await store.records.list(`campaigns/${id}/`)
    expect(keys.filter((key) => /report|index/.test(key))).toEqual([
      `campaigns/${id}/report-1.json`,
      `campaigns/${id}/report.json`,
    ])
    expect(await store.campaigns.readReport(id)).toMatchObject({ retried: 1 })
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
    await store.campaigns.markOpen(open, APP)
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
    const ledger = ['its pictures were purged: nothing is left to verify']
    expect(report).toMatchObject({ ended: true, purged: true, unlisted: 0, ledger })
  })

  it('is told by a verification before it is done, so that nobody heals what was withdrawn', async () => {
    const id = await printInParts()
    await dieAt(id, 'codes', 2)
    const onFinding = (): never => {
      throw new Error('a finding')
    }
    const { signal } = new AbortController()
    const report = await verifyCampaign(store, id, { parallel: 1, onFinding, onChecked: () => {}, signal })
    expect(report).toMatchObject({
      purged: true,
      unlisted: 0,
      ledger: ['its purge was not finished: repeat it'],
    })
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

  it('goes on where a crash left it, and what was told stays as it was told', async () => {
    const id = await printInParts()
    await dieAt(id, 'codes', 2)
    const [first = ''] = await withdrawnKeys(id)
    const told = await textOf(first)
    store = { ...store, clock: { ...store.clock, now: () => Date.parse('2027-01-01T00:00:00Z') } }
    expect(await purge(id)).toEqual({ withdrawn: 3, shared: 0 })
    expect([await isThere('s=1'), await isThere('s=2'), await isThere('s=3')]).toEqual([false, false, false])
    expect(await textOf(first)).toBe(told)
    expect((await toldOf(id)).map(({ index }) => index).sort()).toEqual([0, 1, 2])
    expect(new Set((await toldOf(id)).map(({ withdrawnAt }) => withdrawnAt)).size).toBe(1)
  })

  it.each([1, 2, 3, 4])(
    'that dies while it takes records away loses nothing that was told: at %s',
    async (n) => {
      const id = await printInParts()
      await dieAt(id, 'records', n)
      const purged = await textOf(`campaigns/${id}/purged.json`)
      expect(await purge(id)).toEqual({ withdrawn: 3, shared: 0 })
      expect(await textOf(`campaigns/${id}/purged.json`)).toBe(purged)
      expect((await toldOf(id)).length).toBe(3)
      expect((await store.records.list(`campaigns/${id}/manifest/`)).keys).toEqual([])
    },
  )

  it('tells what others wanted at its first attempt in a file of its own', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    const other = await print(store, { scenes: ['s=2'] })
    await dieAt(id, 'codes', 1)
    await purge(other)
    expect(await purge(id)).toEqual({ withdrawn: 2, shared: 0 })
    expect(await withdrawnKeys(id)).toEqual([withdrawnFile(id, 1, 2), withdrawnFile(id, 1)])
    expect((await toldOf(id)).map(({ index }) => index).sort()).toEqual([0, 1])
  })

  it('changes nothing of what a first one came to', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    await purge(id)
    const before = [await textOf(`campaigns/${id}/purged.json`), await toldOf(id)]
    expect(await purge(id)).toEqual({ withdrawn: 1, shared: 0 })
    expect([await textOf(`campaigns/${id}/purged.json`), await toldOf(id)]).toEqual(before)
  })

  it('gives its events ids of their own: who knows the published ones by id takes them for new', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    await purge(id)
    expect((await toldOf(id)).map((event) => event.id)).toEqual([`${id}.0.withdrawn`])
  })

  it('takes copies in quarantine away too', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    const copy = quarantineKey(id, keyOf('s=1'))
    await store.records.put(copy, new Uint8Array([1]))
    await purge(id)
    expect(await store.records.read(copy)).toBeNull()
  })

  it('wants nothing for a campaign that was purged, whatever a crash left of it', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    const other = await print(store, { scenes: ['s=1', 's=2'] })
    await purge(other)
    await dieAt(id, 'records', 1)
    expect(await purge(await print(store, { scenes: ['s=1'] }))).toEqual({ withdrawn: 1, shared: 0 })
  })
})

describe('a campaign that was opened again', () => {
  it('is not purged', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'], refused: [1] })
    await store.campaigns.appendRetry({ id, app: APP }, {}, '2026-01-02T00:00:00Z')
    await store.campaigns.unmarkOpen(id)
    expect(await purge(id)).toBeNull()
    expect([await isThere('s=1'), await store.campaigns.hasEnded(id)]).toEqual([true, false])
    expect(await store.campaigns.isPurged(id)).toBe(false)
  })

  it('is not purged when somebody is about to: its open mark stands', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    await store.campaigns.markOpen(id, APP)
    expect(await purge(id)).toBeNull()
    expect(await isThere('s=1')).toBe(true)
  })

  it('between the first look and the second is not purged, and stays open', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'], refused: [1] })
    const { putIfAbsent } = store.records
    const records = {
      ...store.records,
      async putIfAbsent(key: string, bytes: Uint8Array) {
        if (key.endsWith('/purging.json'))
          await whole.campaigns.appendRetry({ id, app: APP }, {}, '2026-01-02')
        return await putIfAbsent(key, bytes)
      },
    }
    const whole = store
    store = { ...store, records }
    expect(await purge(id)).toBeNull()
    expect([await isThere('s=1'), await whole.campaigns.hasEnded(id)]).toEqual([true, false])
  })

  it('is a thing that a purge rules out from its first step on', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'], refused: [1] })
    await dieAt(id, 'codes', 1)
    expect(await store.campaigns.appendRetry({ id, app: APP }, {}, '2026-01-02')).toBeNull()
    expect([await store.campaigns.hasEnded(id), await store.campaigns.readOpenMark(id)]).toEqual([true, null])
    await purge(id)
    expect(await store.campaigns.appendRetry({ id, app: APP }, {}, '2026-01-02')).toBeNull()
    expect(await store.campaigns.readControl(id)).toEqual([])
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
