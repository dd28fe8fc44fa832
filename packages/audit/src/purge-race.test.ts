/**
 * A campaign that opens while pictures of its app are purged: whatever the order of their calls to the store, a picture that it
 * finds there and publishes still stands when both are done. The campaign's calls are cut in two, and each half put before each
 * call of the purge.
 */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  isFault,
  nameCode,
  newCampaignId,
  type Records,
} from '@sunpress/core'
import {
  claimAuditMark,
  createCampaignLedger,
  createOpenings,
  listOpenings,
  packRows,
  readPurgeMark,
} from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { purgeCampaigns } from './purge-campaigns.js'
import { APP, AT, LOOK, openTestStore, print, publish, type TestStore } from './testing/printed-campaign.js'

const { key } = nameCode(APP, 's=1', LOOK)
const id = newCampaignId(Date.parse(AT) + 1)

/** Lets the calls of one side through, so many at a time. */
function gate() {
  let allowed = 0
  let made = 0
  let waiting: (() => void) | null = null
  let told: (() => void) | null = null
  const tell = () => {
    told?.()
    told = null
  }
  return {
    async pass(): Promise<void> {
      while (made >= allowed) {
        tell()
        await new Promise<void>((resolve) => {
          waiting = resolve
        })
      }
      made++
    },
    /** Resolves when so many more calls have been made and the next one waits, or when all is over. */
    async let(calls: number, over: Promise<unknown>): Promise<void> {
      allowed = Math.min(allowed + calls, Number.MAX_SAFE_INTEGER)
      const stopped = new Promise<void>((resolve) => {
        told = resolve
      })
      waiting?.()
      waiting = null
      await Promise.race([stopped, over])
    },
  }
}

const METHODS = ['put', 'putIfAbsent', 'read', 'list', 'remove'] as const

/** Before each call. */
function before(records: Records, ask: () => Promise<void>): Records {
  const asking = METHODS.map((name) => [
    name,
    async (...given: never[]) => {
      await ask()
      return await (records[name] as (...given: never[]) => Promise<unknown>)(...given)
    },
  ])
  return { ...records, ...Object.fromEntries(asking) }
}

type Open = (store: TestStore, records: Records) => Promise<unknown>

const record = (campaign: CampaignId): CampaignRecord => ({
  ...{ v: 1, id: campaign, app: APP, name: 'new', priority: 5, look: LOOK, badRows: 'refuse' },
  ...{ source: { kind: 'scenes' }, total: 1, skipped: 0, createdAt: AT },
})

const create: Open = async ({ clock }, records) => {
  const campaigns = createCampaignLedger(records)
  await createOpenings({ records, clock }).during({ id, app: APP }, async ({ checkInTime }) => {
    await campaigns.markOpen(id, APP)
    checkInTime()
    await campaigns.writeCampaign(record(id))
  })
}

/** Upkeep takes the open mark away right before the command comes: the campaign had ended. */
const retry: Open = async ({ clock }, records) => {
  const campaigns = createCampaignLedger(records)
  const appendControl: typeof campaigns.appendControl = async (...given) => {
    await campaigns.closeEnded(id, APP)
    return await campaigns.appendControl(...given)
  }
  await createOpenings({ records, clock }).during({ id, app: APP }, () =>
    ({ ...campaigns, appendControl }).appendRetry({ id, app: APP }, {}, AT),
  )
}

/** null: nothing was published. */
async function race(
  open: Open,
  prepare: (store: TestStore) => Promise<void>,
  at: readonly [number, number, number],
) {
  const [first, cut, second] = at
  const whole = openTestStore()
  const old = await print(whole, { scenes: ['s=1'] })
  await prepare(whole)
  const { pass, let: letGo } = gate()
  let isFound = false
  const opening = (async () => {
    await open(whole, before(whole.records, pass)).catch((fault) => {
      if (!isFault(fault) || fault.code !== 'app_purging') throw fault
    })
    const campaigns = createCampaignLedger(whole.records)
    const isOpen = (await campaigns.readCampaign(id)) !== null && !(await campaigns.hasEnded(id))
    isFound = isOpen && (await whole.codes.stat(key)) !== null
  })()
  let calls = 0
  const step = async () => {
    calls++
    if (calls === first) await letGo(cut, opening)
    if (calls === second) await letGo(Number.MAX_SAFE_INTEGER, opening)
  }
  const records = before(whole.records, step)
  const store = { ...whole, records, campaigns: createCampaignLedger(records) }
  // A purge that waits lets the others go on.
  const sleep = () => letGo(Number.MAX_SAFE_INTEGER, opening)
  const codes = {
    ...whole.codes,
    remove: async (gone: string) => step().then(() => whole.codes.remove(gone)),
  }
  const campaigns = [await whole.campaigns.readCampaign(old)].filter((found) => found !== null)
  const done = await purgeCampaigns(
    { ...store, codes, clock: { ...whole.clock, sleep } },
    { app: APP, campaigns, dryRun: false, holder: 'me', force: false, signal: new AbortController().signal },
  )
  await letGo(Number.MAX_SAFE_INTEGER, opening)
  await opening
  expect(done.kind).toBe('done')
  expect(await listOpenings(whole.records, APP)).toEqual([])
  return { isFound, stands: (await whole.codes.stat(key)) !== null, calls }
}

/** Of the places of the second half a twelfth, others for each place of the first: enough, in a few seconds. */
const EVERY = 12

/** Ways of cutting it in two, and of putting both halves between the calls of the purge. */
async function raceInAllOrders(open: Open, prepare: (store: TestStore) => Promise<void>, mostCalls: number) {
  const { calls } = await race(open, prepare, [0, 0, 0])
  let [lost, kept, gone] = [0, 0, 0]
  for (let cut = 0; cut <= mostCalls; cut++) {
    for (let first = 1; first <= calls + 1; first++) {
      for (let second = first + 1 + ((first + cut) % EVERY); second <= calls + 2; second += EVERY) {
        const { isFound, stands } = await race(open, prepare, [first, cut, second])
        if (isFound && !stands) lost++
        else if (isFound) kept++
        else gone++
      }
    }
  }
  return { lost, kept, gone }
}

describe('a picture that a campaign finds while a purge is at work', () => {
  it('stays, whenever the campaign is created', async () => {
    const prepare = async ({ campaigns }: TestStore) => {
      await campaigns.writePart(id, 0, 0, packRows([{ scene: 's=1' }]))
    }
    const { lost, kept, gone } = await raceInAllOrders(create, prepare, 7)
    expect([lost, kept > 0, gone > 0]).toEqual([0, true, true])
  })

  it('stays, whenever a campaign is opened again', async () => {
    const prepare = async (store: TestStore) => {
      await store.campaigns.writePart(id, 0, 0, packRows([{ scene: 's=1' }]))
      await store.campaigns.writeCampaign(record(id))
      await store.manifests.writePart(id, 1, [JSON.stringify({ type: 'code.refused', n: 1, index: 0 })])
      const counts = { total: 1, published: 0, reused: 0, refused: 1, cancelled: 0, pending: 0, skipped: 0 }
      await store.campaigns.writeReport({ v: 1, id, state: 'completed', counts, finishedAt: AT })
    }
    const { lost, kept, gone } = await raceInAllOrders(retry, prepare, 14)
    expect([lost, kept > 0, gone > 0]).toEqual([0, true, true])
  })
})

describe('a purge', () => {
  const order = (campaigns: readonly CampaignRecord[], more: object = {}) => ({
    ...{ app: APP, campaigns, dryRun: false, holder: 'me', force: false },
    ...{ signal: new AbortController().signal, ...more },
  })

  it('waits for nobody who is dead for ever, and clears up after him', async () => {
    const store = openTestStore()
    const old = await store.campaigns.readCampaign(await print(store, { scenes: ['s=1'] }))
    await store.records.put(`opening/${APP}/${id}.dead`, Buffer.from('{"v":1}\n'))
    await store.campaigns.markOpen(id, APP)
    let sleptMs = 0
    const clock = {
      ...store.clock,
      sleep: async (ms: number) => {
        sleptMs += ms
      },
    }
    const waited: number[] = []
    const onWaiting = (openings: number) => waited.push(openings)
    const purge = () => purgeCampaigns({ ...store, clock }, order(old === null ? [] : [old], { onWaiting }))
    expect(await purge()).toMatchObject({ items: [{ withdrawn: 1 }] })
    expect([sleptMs, waited]).toEqual([900_000, [1]])
    expect(await listOpenings(store.records, APP)).toEqual([])
    await purge()
    expect(sleptMs).toBe(900_000)
  })

  it('waits for no other app, nor for who only comes when its mark stands', async () => {
    const store = openTestStore()
    const other = 'wx0123456789abcdee' as AppId
    await store.records.put(`opening/${other}/${id}.a`, Buffer.from('{"v":1}\n'))
    await store.records.put(`opening/${APP}/${id}.a`, Buffer.from('{"v":1}\n'))
    let looks = 0
    const clock = {
      ...store.clock,
      sleep: async () => {
        looks++
        await store.records.remove(`opening/${APP}/${id}.a`)
        await store.records.put(`opening/${APP}/${id}.later`, Buffer.from('{"v":1}\n'))
      },
    }
    await purgeCampaigns({ ...store, clock }, order([]))
    expect(looks).toBe(1)
  })

  it('marks nothing and waits for nobody when it only counts', async () => {
    const store = openTestStore()
    const old = await store.campaigns.readCampaign(await print(store, { scenes: ['s=1'] }))
    await store.records.put(`opening/${APP}/${id}.a`, Buffer.from('{"v":1}\n'))
    const sleep = () => Promise.reject(new Error('slept'))
    const parts = { ...store, clock: { ...store.clock, sleep } }
    const read = { ...parts, records: { ...store.records, put: sleep, putIfAbsent: sleep } }
    const done = await purgeCampaigns(read, order(old === null ? [] : [old], { dryRun: true }))
    expect(done).toMatchObject({ items: [{ withdrawn: 1 }] })
    expect(await readPurgeMark(store, APP)).toBeNull()
  })

  it('takes no more away when it was frozen for so long that others take it for dead', async () => {
    const store = openTestStore()
    const old = await store.campaigns.readCampaign(await print(store, { scenes: ['s=1', 's=2'] }))
    let nowMs = store.clock.now()
    const clock = { ...store.clock, now: () => nowMs }
    const removed: string[] = []
    const remove = async (gone: string) => {
      removed.push(gone)
      nowMs += 3_600_000
    }
    const parts = { ...store, clock, codes: { ...store.codes, remove } }
    await expect(purgeCampaigns(parts, order(old === null ? [] : [old]))).rejects.toThrow('stood still')
    expect(removed.length).toBe(1)
  })

  it('keeps its mark fresh while it works', async () => {
    const store = openTestStore()
    const scenes = Array.from({ length: 30 }, (_, n) => `s=${n}`)
    const old = await store.campaigns.readCampaign(await print(store, { scenes }))
    let nowMs = store.clock.now()
    const clock = { ...store.clock, now: () => nowMs }
    const stood: boolean[] = []
    const remove = async () => {
      nowMs += 150_000
      stood.push((await readPurgeMark({ records: store.records, clock }, APP)) !== null)
    }
    await purgeCampaigns(
      { ...store, clock, codes: { ...store.codes, remove } },
      order(old === null ? [] : [old]),
    )
    expect([stood.length, stood.every(Boolean)]).toEqual([30, true])
    const next = await claimAuditMark({ records: store.records, clock }, APP, {
      ...{ work: 'heal', holder: 'next', force: false },
    })
    expect(next.kind).toBe('claimed')
  })

  it('knows what a campaign publishes that was opened before', async () => {
    const store = openTestStore()
    const old = await store.campaigns.readCampaign(await print(store, { scenes: ['s=1'] }))
    await store.campaigns.writePart(id, 0, 0, packRows([{ scene: 's=1' }]))
    await create(store, store.records)
    await publish(store, id, 0, 1, 's=1')
    const done = await purgeCampaigns(store, order(old === null ? [] : [old]))
    expect(done).toMatchObject({ items: [{ withdrawn: 0, shared: 1 }] })
  })
})
