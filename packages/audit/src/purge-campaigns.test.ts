import type { AppId, CampaignId, CampaignRecord, LocalDate, ScheduleRecord } from '@sunpress/core'
import { nameCode } from '@sunpress/core'
import { claimAuditMark, createScheduleLedger } from '@sunpress/ledger'
import { beforeEach, describe, expect, it } from 'vitest'
import { choosePurged } from './choose-purged.js'
import { type PurgedCampaigns, purgeCampaigns } from './purge-campaigns.js'
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

const UNKNOWN = '01M00000000000000000000000' as CampaignId
let store: TestStore

const isThere = async (scene: string) => (await store.codes.stat(nameCode(APP, scene, LOOK).key)) !== null
const reopen = (id: CampaignId) => store.campaigns.appendRetry({ id, app: APP }, {}, '2026-01-02')
const choose = (wish: object = { app: APP }) => choosePurged(store, { beforeMs: null, ...wish })
const recordsOf = async (ids: readonly CampaignId[]) =>
  (await Promise.all(ids.map((id) => store.campaigns.readCampaign(id)))).filter((record) => record !== null)

const order = (campaigns: readonly CampaignRecord[], more: object = {}) => ({
  ...{ app: APP, campaigns, dryRun: false, holder: 'me', force: false },
  ...{ signal: new AbortController().signal, ...more },
})
const purge = async (ids: readonly CampaignId[], more: object = {}) =>
  await purgeCampaigns(store, order(await recordsOf(ids), more))

beforeEach(() => {
  store = openTestStore()
})

describe('a purge of several campaigns', () => {
  it('takes what only they share, and says what each came to', async () => {
    const ids = [await print(store, { scenes: ['s=1'] }), await print(store, { scenes: ['s=1', 's=2'] })]
    expect(await purge(ids)).toMatchObject({ kind: 'done', items: [{ withdrawn: 1 }, { withdrawn: 2 }] })
    expect([await isThere('s=1'), await isThere('s=2')]).toEqual([false, false])
  })

  it('takes nothing while another campaign has lost a part of its manifest: nobody knows what it has published', async () => {
    const [mine, other] = [await print(store, { scenes: ['s=1'] }), await print(store, { scenes: ['s=2'] })]
    const facts = { id: `${other}.1`, type: 'code.refused', index: 1 }
    await store.manifests.writePart(other, 3, [JSON.stringify({ ...facts, n: 3 })])
    await expect(purge([mine])).rejects.toMatchObject({ code: 'ledger_missing' })
    expect(await isThere('s=1')).toBe(true)
  })

  it.each([false, true])(
    'takes nothing while another has lost its last part, or its only one: index %s',
    async (isIndexed) => {
      const [mine, other] = [await print(store, { scenes: ['s=1'] }), await print(store, { scenes: ['s=1'] })]
      if (isIndexed) {
        await appendRows(store, other, [await publish(store, other, 0, 2, 's=1')])
        await store.manifests.writeIndex(other, [
          { firstN: 1, rows: 1 },
          { firstN: 2, rows: 1 },
        ])
      }
      await store.records.remove(`campaigns/${other}/manifest/part-${isIndexed ? 2 : 1}.ndjson`)
      await expect(purge([mine])).rejects.toMatchObject({ code: 'ledger_missing' })
      expect([await isThere('s=1'), await store.campaigns.isPurged(mine)]).toEqual([true, false])
    },
  )

  it.each([
    ['its manifest', ['report.json']],
    ['its report', ['manifest/part-1.ndjson']],
  ])('takes nothing while another has lost its campaign.json, but for %s', async (trace, lost) => {
    const [mine, other] = [await print(store, { scenes: ['s=1'] }), await print(store, { scenes: ['s=1'] })]
    for (const file of ['campaign.json', ...lost]) await store.records.remove(`campaigns/${other}/${file}`)
    await expect(purge([mine])).rejects.toMatchObject({
      ...{ code: 'ledger_damaged', message: expect.stringContaining(trace) },
    })
    expect(await isThere('s=1')).toBe(true)
  })

  it('passes over one that never came to be: its maker died between its open mark and its campaign.json', async () => {
    const [mine, other] = [await print(store, { scenes: ['s=1'] }), await print(store, { scenes: ['s=1'] })]
    const rest = ['campaign.json', 'report.json', 'manifest/part-1.ndjson']
    for (const file of rest) await store.records.remove(`campaigns/${other}/${file}`)
    await store.campaigns.markOpen(other, APP)
    expect(await purge([mine])).toMatchObject({ items: [{ withdrawn: 1 }] })
  })

  it('that run at once strand no picture: one of them is told that the other is at work', async () => {
    const ids = [await print(store, { scenes: ['s=1'] }), await print(store, { scenes: ['s=1'] })]
    const both = await Promise.all(ids.map((id) => purge([id])))
    expect(both.map(({ kind }) => kind).sort()).toEqual(['done', 'taken'])
    for (const [at, { kind }] of both.entries()) if (kind === 'taken') await purge(ids.slice(at, at + 1))
    expect(await isThere('s=1')).toBe(false)
  })

  it('is refused while another one or a heal holds the app, but for a count, and for whoever insists', async () => {
    const ids = [await print(store, { scenes: ['s=1'] })]
    const mark = await claimAuditMark(store, APP, { work: 'heal', holder: 'another', force: false })
    expect(await purge(ids)).toMatchObject({ kind: 'taken', holder: 'another' })
    expect(await isThere('s=1')).toBe(true)
    expect(await purge(ids, { dryRun: true })).toMatchObject({ items: [{ withdrawn: 1 }] })
    expect(await purge(ids, { force: true })).toMatchObject({ items: [{ withdrawn: 1 }] })
    expect(mark.kind === 'claimed' && (await mark.renew())).toBe(false)
  })

  it('takes no more away once another has taken over', async () => {
    const ids = [await print(store, { scenes: ['s=1'] })]
    const { campaigns } = store
    const readControl: typeof campaigns.readControl = async (id) => {
      await claimAuditMark(store, APP, { work: 'heal', holder: 'another', force: true })
      return await campaigns.readControl(id)
    }
    const whole = store
    store = { ...store, campaigns: { ...campaigns, readControl } }
    await expect(purge(ids)).rejects.toThrow('has taken over')
    store = whole
    // The mark of its purge is left to the other, who may have come to it.
    expect([await isThere('s=1'), await campaigns.isPurged(ids[0] ?? UNKNOWN)]).toEqual([true, true])
  })

  it('leaves closed what another has come to that has taken over', async () => {
    const ids = [await print(store, { scenes: ['s=1'] }), await print(store, { scenes: ['s=2'] })]
    const { campaigns } = store
    let lists = 0
    async function* list() {
      // All are marked, and none is touched.
      if (lists++ === 0) await claimAuditMark(store, APP, { work: 'purge', holder: 'another', force: true })
      yield* campaigns.list()
    }
    const whole = store
    store = { ...store, campaigns: { ...campaigns, list } }
    await expect(purge(ids)).rejects.toThrow('has taken over')
    store = whole
    expect(await Promise.all(ids.map((id) => campaigns.isPurged(id)))).toEqual([true, true])
  })

  it('takes no more away when it was frozen for a moment in which another has taken over by force', async () => {
    const ids = [await print(store, { scenes: ['s=1', 's=2', 's=3'] })]
    const whole = store
    let ticksMs = 0
    const slept: number[] = []
    const sleep = async (ms: number) => void slept.push(ms)
    const clock = { ...store.clock, monotonic: () => ticksMs, sleep }
    let removed = 0
    const remove = async (key: string) => {
      if (++removed > 1) throw new Error('went on')
      await whole.codes.remove(key)
      ticksMs += 1_001
      store = { ...whole, clock }
      expect(await purge(ids, { force: true })).toMatchObject({ items: [{ withdrawn: 3 }] })
    }
    store = { ...whole, clock, codes: { ...whole.codes, remove } }
    await expect(purge(ids)).rejects.toThrow('has taken over')
    expect([removed, slept]).toEqual([1, [3_000]])
  })

  it('waits for nobody where the one whose mark it finds has ended', async () => {
    const slept: number[] = []
    store = { ...store, clock: { ...store.clock, sleep: async (ms) => void slept.push(ms) } }
    const ids = [await print(store, { scenes: ['s=1'] })]
    await purge(ids)
    await purge(ids, { force: true })
    expect(slept).toEqual([])
  })

  it('leaves one that was opened again, and what that one may print', async () => {
    const open = await print(store, { scenes: ['s=1', 's=2'], refused: [0] })
    const ended = await print(store, { scenes: ['s=1', 's=3'] })
    await reopen(open)
    const done = (await purge([open, ended])) as PurgedCampaigns
    expect(done).toMatchObject({ open: [open], items: [{ campaign: ended, withdrawn: 1, shared: 1 }] })
    expect([await isThere('s=1'), await isThere('s=3')]).toEqual([true, false])
  })

  it('takes nothing away while rows of an open campaign are lost: nobody knows what it may print', async () => {
    const open = await print(store, { scenes: ['s=1'] })
    const ended = await print(store, { scenes: ['s=1'] })
    await store.records.remove(`campaigns/${open}/report.json`)
    await store.records.remove(`campaigns/${open}/scenes/part-0.ndjson`)
    await expect(purge([ended])).rejects.toMatchObject({ code: 'ledger_damaged' })
    expect([await isThere('s=1'), await store.campaigns.isPurged(ended)]).toEqual([true, false])
  })

  it('lets those be opened again that it never came to', async () => {
    const ids = [await print(store, { scenes: ['s=1'] })]
    const ending = new AbortController()
    ending.abort(new Error('interrupted'))
    await expect(purge(ids, { signal: ending.signal })).rejects.toThrow('interrupted')
    expect(await store.campaigns.isPurged(ids[0] ?? UNKNOWN)).toBe(false)
    expect(await purge(ids)).toMatchObject({ kind: 'done', items: [{ withdrawn: 1 }] })
  })
})

describe('what a purge means', () => {
  it('are ended campaigns: neither such as were opened again, nor such as were purged', async () => {
    const ended = await print(store, { scenes: ['s=1'] })
    const open = await print(store, { scenes: ['s=2'], refused: [0] })
    const purged = await print(store, { scenes: ['s=3'] })
    const running = await print(store, { scenes: ['s=4'] })
    await reopen(open)
    await purge([purged])
    await store.records.remove(`campaigns/${running}/report.json`)
    const { campaigns, ...others } = await choose()
    expect(campaigns.map(({ id }) => id)).toEqual([ended])
    expect(others).toEqual({ open: [open], purged: [purged], unknown: [], used: [] })
    expect(await choose({ campaign: running })).toMatchObject({ campaigns: [], open: [running] })
    expect(await choose({ campaign: UNKNOWN })).toMatchObject({ campaigns: [], unknown: [UNKNOWN] })
    expect((await choose({ app: APP, beforeMs: 0 })).campaigns).toEqual([])
  })

  it('by age is not the newest campaign of a schedule that there is, on which all its pictures may hang', async () => {
    const [older, newest, other] = [
      await print(store, { scenes: ['s=1'] }),
      await print(store, { scenes: ['s=1'] }),
      await print(store, { scenes: ['s=1'] }),
    ]
    await schedule('stores', [older, newest])
    await schedule('gone', [other])
    await createScheduleLedger(store.records).remove('gone')
    const byAge = { app: APP, beforeMs: Number.MAX_SAFE_INTEGER }
    const { campaigns, used } = await choose(byAge)
    expect(campaigns.map(({ id }) => id).sort()).toEqual([older, other].sort())
    expect(used).toEqual([{ campaign: newest, schedule: 'stores' }])
    // Whoever names it, or means all, means it.
    expect((await choose({ campaign: newest, beforeMs: Number.MAX_SAFE_INTEGER })).campaigns).toHaveLength(1)
    expect((await choose({ app: APP })).campaigns).toHaveLength(3)
  })

  it('by age is not that of a schedule whose file is damaged; but once it prints for another app', async () => {
    const byAge = { app: APP, beforeMs: Number.MAX_SAFE_INTEGER }
    const newest = await print(store, { scenes: ['s=1'] })
    await schedule('stores', [newest])
    await store.records.put('schedules/stores.json', Buffer.from('{"v":1'))
    expect((await choose(byAge)).used).toHaveLength(1)
    await schedule('stores', [newest], 'wx0123456789abcdee' as AppId)
    expect((await choose(byAge)).used).toEqual([])
  })
})

/** Its nights have made these campaigns, and nothing since. */
async function schedule(name: string, made: readonly CampaignId[], app = APP): Promise<void> {
  const ledger = createScheduleLedger(store.records)
  const definition = { app, cron: '30 2 * * *', timeZone: 'UTC', look: LOOK, badRows: 'refuse', priority: 5 }
  const source = { kind: 'object', key: 'sources/a.csv', format: 'csv' }
  const rest = { window: null, deadline: null, campaignName: null, missed: 'run_once', paused: false }
  const at = { since: AT, createdAt: AT, updatedAt: AT }
  await ledger.write({ v: 1, name, ...definition, source, ...rest, ...at } as ScheduleRecord)
  const night = (day: number) => `2026-01-0${day}` as LocalDate
  for (const [n, campaign] of made.entries()) {
    await ledger.writeRun({ ...RUN, schedule: name, date: night(n + 1), campaign, outcome: 'created' })
  }
  const campaign = UNKNOWN
  await ledger.writeRun({ ...RUN, schedule: name, date: night(9), campaign, outcome: 'nothing_new' })
}

const RUN = {
  v: 1,
  ...{ app: APP, manual: false, scheduledAt: AT, deadlineAt: AT, startedAt: AT, endedAt: AT },
  ...{ reason: null, detail: null, failures: 0, nextTryAt: null, source: null, total: 1 },
} as const
