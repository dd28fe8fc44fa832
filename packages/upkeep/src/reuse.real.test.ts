import {
  type CampaignId,
  type CampaignRecord,
  type ClosedCode,
  type CodeListing,
  type CodeStore,
  type FeedEvent,
  type Hold,
  HoldFault,
  nameCode,
  type PublishedEvent,
  RetryFault,
} from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { WINDOW } from './fill-lanes.js'
import type { UpkeepParts } from './parts.js'
import { BLOCK } from './reuse-pass.js'
import {
  appid,
  begin,
  clock,
  index,
  jobs,
  leaping,
  ledger,
  now,
  publish,
  publishAll,
  restartServer,
  rowsOf,
  standing,
  stillClock,
  submit,
  waitingIndexes,
} from './testing/use-upkeep.js'

/** What a turn finds no time to look up gets jobs: how soon that is must not depend on the machine. */
const lead = (changes: Partial<UpkeepParts> = {}) => begin({ clock: stillClock, ...changes })

const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)

/** A whole block, and some of the next one. */
const TWO_BLOCKS = BLOCK + 300
/** So many take seconds of a processor of their own. */
const PATIENT = { timeout: 40_000 }

const SHA256 = 'ab'.repeat(32)

/** A store that holds the pictures of the scenes that `has` says, and counts how often it was asked. */
function storeWith(campaignLook: CampaignRecord['look'], scenes: readonly string[]) {
  const keys = new Set(scenes.map((scene) => nameCode(appid, scene, campaignLook).key))
  const asked = { stat: 0, confirm: 0, lists: 0 }
  const code = (key: string) => ({
    ...{ key, bytes: 10, sha256: SHA256, width: 430, format: 'jpg', closedAtMs: 1, origin: 'adopted' },
  })
  const listing: CodeListing = {
    async page(prefix) {
      asked.lists++
      const listed = [...keys].filter((key) => key.startsWith(prefix)).sort()
      return { codes: listed.map((key) => ({ key, bytes: 10, closedAtMs: 1 })), next: null }
    },
    adopt: (listed, told) =>
      ({ ...code(listed.key), sha256: told.sha256 }) as Partial<ClosedCode> as ClosedCode,
  }
  const codes: CodeStore = {
    ...now.stores.codes,
    listing,
    async stat(key) {
      asked.stat++
      return keys.has(key) ? { key, bytes: 10, closedAtMs: 1 } : null
    },
    async confirm(key) {
      asked.confirm++
      return keys.has(key) ? (code(key) as Partial<ClosedCode> as ClosedCode) : null
    },
  }
  return { codes, asked, keys }
}

const failing = ({ listing }: CodeStore): CodeListing | null =>
  listing && { ...listing, page: () => Promise.reject(new RetryFault('store_unavailable', 'no list')) }

const heldLane = (): Hold => ({
  target: { scope: 'lane', app: appid, lane: 'unlimited' },
  ...{ reason: 'day_quota', untilMs: clock.now() + 3_600_000, message: 'no more today' },
})

async function damageManifest(id: CampaignId): Promise<void> {
  const [part = ''] = (await now.stores.records.list(`campaigns/${id}/manifest/part-`)).keys
  await now.stores.records.put(part, Buffer.from('{'))
}

const scenes = (indexes: readonly number[]) => indexes.map((at) => `s=${at}`)

describe('pictures that are known', () => {
  it('are published by the leader itself, without a job, and end their campaign', async () => {
    const { id, look } = await submit(TWO_BLOCKS)
    const { codes, asked } = storeWith(look, scenes(upTo(TWO_BLOCKS)))
    lead({ codes })
    await expect
      .poll(() => ledger().readReport(id), PATIENT)
      .toMatchObject({ counts: { published: TWO_BLOCKS, reused: TWO_BLOCKS, refused: 0 } })
    expect(await jobs()).toBe(0)
    expect(now.reused).toBe(TWO_BLOCKS)
    expect(asked).toEqual({ stat: 200, confirm: TWO_BLOCKS, lists: 0 })
    const rows = await rowsOf(id)
    expect(rows.map(({ n }) => n)).toEqual(upTo(TWO_BLOCKS).map((at) => at + 1))
    expect(rows[0]).toMatchObject({
      ...{ v: 1, type: 'code.published', app: appid, campaign: id, reused: true, width: 430, sha256: SHA256 },
      ...{ id: `${id}.${rows[0]?.index}`, scene: `s=${rows[0]?.index}`, page: 'pages/index/index' },
      ...{ contentType: 'image/jpeg', bytes: 10, codeId: nameCode(appid, `s=${rows[0]?.index}`, look).id },
    })
  })

  it('are known by lists where their campaign repeats another: a sample a block, and a look at those that are not listed', async () => {
    const first = await submit(TWO_BLOCKS)
    const { codes, asked, keys } = storeWith(first.look, scenes(upTo(TWO_BLOCKS)))
    lead({ codes })
    await expect.poll(() => ledger().readReport(first.id), PATIENT).not.toBeNull()
    for (const scene of scenes([3, 10_200])) keys.delete(nameCode(appid, scene, first.look).key)
    Object.assign(asked, { stat: 0, confirm: 0, lists: 0 })
    const { id } = await submit(TWO_BLOCKS, { repeats: first.id })
    now.leapMs += 61_000
    await expect.poll(jobs, PATIENT).toBe(2)
    expect(await waitingIndexes()).toEqual([3, 10_200])
    expect(await standing(id)).toMatchObject({
      cursor: TWO_BLOCKS,
      counts: { reused: TWO_BLOCKS - 2, pending: 2 },
    })
    expect(asked).toEqual({ stat: 200, confirm: 2, lists: 1 + 32 })
    const row = (await rowsOf(first.id)).find(({ index: at }) => at === 4)
    await publishAll(id, 3, 4)
    await publishAll(id, 10_200, 10_201)
    await expect.poll(() => ledger().readReport(id)).not.toBeNull()
    const facts = ({ type: _type, ...of }: FeedEvent) => {
      const { codeId, key, bytes, sha256, contentType, width, look } = of as PublishedEvent
      return { codeId, key, bytes, sha256, contentType, width, look }
    }
    const again = (await rowsOf(id)).find(({ index: at }) => at === 4)
    expect(again && facts(again)).toEqual(row && facts(row))
  })

  it.each([
    ['a list fails', (codes: CodeStore) => ({ ...codes, listing: failing(codes) }), async () => {}],
    ['what the campaign repeats is damaged', (codes: CodeStore) => codes, damageManifest],
  ])('are looked at one by one when %s, and that is told', async (_what, change, damage) => {
    const first = await submit(5_200)
    const { codes, asked } = storeWith(first.look, scenes(upTo(5_200)))
    lead({ codes: change(codes) })
    await expect.poll(() => ledger().readReport(first.id)).not.toBeNull()
    await damage(first.id)
    const { id } = await submit(5_200, { repeats: first.id })
    now.leapMs += 61_000
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { reused: 5_200 } })
    expect(asked.confirm).toBe(2 * 5_200)
    expect(now.faults.splice(0)).toHaveLength(1)
  })

  it('are left to the workers where they are rare: a hundred looks a block', async () => {
    const { id, look } = await submit(500)
    const { codes, asked } = storeWith(look, scenes(upTo(20)))
    lead({ codes })
    await expect.poll(jobs).toBe(500)
    expect(asked).toEqual({ stat: 100, confirm: 0, lists: 0 })
    expect(await standing(id)).toMatchObject({ cursor: 500, n: 0 })
  })

  it('are published between those that are missing, which get their jobs', async () => {
    const { id, look } = await submit(300)
    const known = upTo(300).filter((at) => at % 3 !== 0)
    const { codes } = storeWith(look, scenes(known))
    lead({ codes })
    await expect.poll(jobs).toBe(100)
    expect((await waitingIndexes()).every((at) => at % 3 === 0)).toBe(true)
    expect(await standing(id)).toMatchObject({
      cursor: 300,
      fed: 300,
      counts: { published: 200, pending: 100 },
    })
  })

  it('never make the lane overflow: where its window is full, the cursor stays', async () => {
    const total = 9_000
    const { id, look } = await submit(total)
    const { codes } = storeWith(look, scenes(upTo(total).filter((at) => at % 2 === 0)))
    lead({ codes })
    await expect.poll(jobs).toBe(WINDOW)
    const { cursor, n } = (await standing(id)) ?? { cursor: 0, n: 0 }
    expect(cursor).toBeLessThanOrEqual(2 * WINDOW + 1)
    expect(n).toBeLessThanOrEqual(WINDOW + 1)
  })

  it('are found though others fill the lane', async () => {
    const { look } = await submit(9_000)
    const known = await submit(50, {}, (at) => ({ scene: `k=${at}` }))
    const { codes } = storeWith(
      look,
      upTo(50).map((at) => `k=${at}`),
    )
    lead({ codes })
    await expect.poll(() => ledger().readReport(known.id)).toMatchObject({ counts: { reused: 50 } })
  })

  it('are published up to the first that is missing while the lane is held, and no more is looked at meanwhile', async () => {
    const { id, look } = await submit(3_000)
    const { codes, asked, keys } = storeWith(look, scenes(upTo(3_000)))
    keys.delete(nameCode(appid, 's=1500', look).key)
    now.holds = [heldLane()]
    lead({ codes })
    await expect.poll(() => standing(id)).toMatchObject({ cursor: 1_500, counts: { reused: 1_500 } })
    const looks = asked.confirm
    const seen = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seen + 5 * 61_000)
    expect(asked.confirm - looks).toBeLessThanOrEqual(1_000)
    expect([await jobs(), (await standing(id))?.cursor]).toEqual([0, 1_500])
    now.holds = []
    await expect.poll(() => standing(id)).toMatchObject({ cursor: 3_000, counts: { pending: 1 } })
  })

  it('are published of every campaign while the lane is held, though the first ones take a turn each', async () => {
    const [first, last] = [await submit(2_500), await submit(20, {}, (at) => ({ scene: `k=${at}` }))]
    const { codes } = storeWith(last.look, [...scenes(upTo(2_500)), ...upTo(20).map((at) => `k=${at}`)])
    now.holds = [heldLane()]
    lead({ codes })
    for (const { id, total } of [first, last])
      await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { reused: total } })
    expect(await jobs()).toBe(0)
  })

  it('behind the room for jobs are hardly looked at in vain', async () => {
    const { look } = await submit(9_000)
    const { codes, asked } = storeWith(look, scenes(upTo(9_000).filter((at) => at % 2 === 0)))
    lead({ codes })
    await expect.poll(jobs).toBe(WINDOW)
    // A window of jobs, as many pictures beside them, and what the last looks found behind them.
    expect(asked.confirm).toBeLessThan(2 * WINDOW + 1_000 + 100)
    const looks = asked.confirm
    const seen = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seen + 5 * 61_000)
    expect(asked.confirm - looks).toBeLessThan(200)
  })

  it('are not published while their campaign is paused', async () => {
    const { id, look } = await submit(100)
    await ledger().appendControl(id, 'pause', '2026-01-01T00:00:00Z')
    const { codes } = storeWith(look, scenes(upTo(100)))
    lead({ codes })
    await expect.poll(() => standing(id)).toMatchObject({ state: 'paused' })
    const seen = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seen + 5 * 61_000)
    expect(await standing(id)).toMatchObject({ n: 0, cursor: 0 })
  })

  it('that a lost Redis had published are no reuse when they were printed for this campaign', async () => {
    const { id, look } = await submit(60)
    const first = lead()
    await expect.poll(jobs).toBe(60)
    await publishAll(id, 0, 30)
    await first.stop()
    await restartServer()
    const { codes } = storeWith(look, scenes(upTo(60)))
    const late = {
      ...codes,
      confirm: async (...of: Parameters<CodeStore['confirm']>) => {
        const code = await codes.confirm(...of)
        return code === null ? null : { ...code, closedAtMs: Date.now() + 60_000 }
      },
    }
    lead({ codes: late })
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 60, reused: 0 } })
  })

  it('that can’t be confirmed get their jobs, and a store that is away stops nothing', async () => {
    const { look } = await submit(200)
    const { codes } = storeWith(look, scenes(upTo(200)))
    const broken = (fault: Error): CodeStore => ({ ...codes, confirm: () => Promise.reject(fault) })
    const first = lead({ codes: broken(new RetryFault('store_defect', 'cut')) })
    await expect.poll(jobs).toBe(200)
    await first.stop()
    await submit(100)
    const away = new HoldFault('store_full', 'full', { scope: 'app', reason: 'storage', forMs: 1 })
    lead({ codes: { ...broken(away), stat: () => Promise.reject(away) } })
    await expect.poll(leaping(jobs)).toBe(300)
  })

  it('are published once, whoever else publishes them at the same time, and by two leaders', async () => {
    const { id, look } = await submit(1_000)
    const { codes } = storeWith(look, scenes(upTo(1_000)))
    const slow: CodeStore = {
      ...codes,
      confirm: async (key, expected) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return await codes.confirm(key, expected)
      },
    }
    lead({ codes: slow })
    lead({ codes: slow })
    await expect.poll(() => standing(id)).not.toBeNull()
    for (let at = 0; at < 1_000; at += 50) await publish(id, at)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 1_000 } })
    const rows = await rowsOf(id)
    expect(rows).toHaveLength(1_000)
    expect(new Set(rows.map((row) => row.index)).size).toBe(1_000)
    expect(await index().feedLength(appid)).toBe(0)
  })
})
