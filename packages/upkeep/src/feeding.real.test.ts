import type { CampaignWindow, Hold, HoldTarget } from '@sunpress/core'
import { createLeases } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { WINDOW } from './fill-lanes.js'
import {
  appid,
  begin,
  clock,
  drop,
  feed,
  index,
  jobs,
  leaping,
  ledger,
  nextTurn,
  now,
  park,
  publish,
  publishAll,
  redis,
  refuse,
  restartServer,
  standing,
  submit,
  waiting,
  waitingIndexes,
} from './testing/use-upkeep.js'

const hold = (target: HoldTarget, forMs = 3_600_000): Hold => ({
  ...{ target, reason: 'page_held', untilMs: clock.now() + forMs },
  message: null,
})
const heldPage = (page: string): Hold =>
  hold({ scope: 'page', app: appid, page: { page, envVersion: 'release' } })
const shop = (at: number) => ({
  scene: `s=${at}`,
  page: at % 2 === 0 ? 'pages/shop/shop' : 'pages/index/index',
})
const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)
const sorted = (indexes: readonly number[]) => indexes.toSorted((a, b) => a - b)

describe('a hold', () => {
  it.each<[string, () => HoldTarget]>([
    ['the app', () => ({ scope: 'app', app: appid })],
    ['the lane', () => ({ scope: 'lane', app: appid, lane: 'unlimited' })],
    [
      'the page',
      () => ({ scope: 'page', app: appid, page: { page: 'pages/index/index', envVersion: 'release' } }),
    ],
  ])('of %s stops the feeding while it lasts', async (_, target) => {
    now.holds = [hold(target())]
    const { id } = await submit(10)
    begin()
    await expect.poll(() => standing(id)).toMatchObject({ cursor: 0 })
    const other = await submit(5, { look: { ...(await look(id)), page: 'pages/other/other' } })
    const isOfPage = target().scope === 'page'
    if (isOfPage) await expect.poll(leaping(jobs)).toBe(5)
    else await expect.poll(leaping(() => standing(other.id))).toMatchObject({ cursor: 0 })
    expect((await standing(id))?.cursor).toBe(0)
    now.holds = []
    await expect.poll(jobs).toBe(15)
  })

  it('of one campaign leaves the others alone', async () => {
    const [held, free] = [await submit(10), await submit(10)]
    now.holds = [hold({ scope: 'campaign', app: appid, campaign: held.id })]
    begin()
    await expect.poll(jobs).toBe(10)
    expect(await standing(held.id)).toMatchObject({ cursor: 0 })
    expect(await standing(free.id)).toMatchObject({ cursor: 10 })
  })

  it('that ends within a minute is waited for with jobs in the lane', async () => {
    now.holds = [hold({ scope: 'app', app: appid }, 30_000)]
    await submit(10)
    begin()
    await expect.poll(jobs).toBe(10)
  })

  it('that cannot be asked for stops nothing', async () => {
    const { WaitFault } = await import('@sunpress/core')
    await submit(10)
    begin({ readHolds: () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1_000)) })
    await expect.poll(jobs).toBe(10)
  })

  it('of a row’s own page leaves that row out, and it comes when the hold has ended', async () => {
    now.holds = [heldPage('pages/shop/shop')]
    const { id } = await submit(20, {}, shop)
    begin()
    await expect.poll(jobs).toBe(10)
    expect(await standing(id)).toMatchObject({ cursor: 20, fed: 20 })
    expect((await waitingIndexes()).every((at) => at % 2 === 1)).toBe(true)
    now.holds = []
    await expect.poll(leaping(jobs)).toBe(20)
  })

  it('does not keep the rows behind many held ones from being sent again, nor the lane from being fed', async () => {
    const total = 3 * WINDOW
    now.holds = [heldPage('pages/shop/shop')]
    const isHeld = (at: number): boolean => at < WINDOW + 500
    await submit(total, {}, (at) =>
      isHeld(at) ? { scene: `s=${at}`, page: 'pages/shop/shop' } : { scene: `s=${at}` },
    )
    begin()
    await expect.poll(jobs).toBe(WINDOW)
    expect(Math.min(...(await waitingIndexes()))).toBe(WINDOW + 500)
    await redis.del(...(await redis.keys(`${now.namespace}:{${appid}}:unlimited:*`)))
    await expect.poll(leaping(jobs)).toBe(WINDOW)
    expect(Math.min(...(await waitingIndexes()))).toBe(WINDOW + 500)
  })

  it('that a page gets while its jobs wait lets them be dropped, and sends them again when it has ended', async () => {
    const { id } = await submit(20, {}, shop)
    begin()
    await expect.poll(jobs).toBe(20)
    now.holds = [heldPage('pages/shop/shop')]
    // A turn that has read the holds before would send again what is dropped.
    await nextTurn()
    await drop(
      id,
      upTo(20).filter((at) => at % 2 === 0),
    )
    await publishAll(id, 1, 2)
    await drop(id, [1])
    await expect.poll(leaping(jobs)).toBe(9)
    expect((await waitingIndexes()).every((at) => at % 2 === 1)).toBe(true)
    now.holds = []
    await expect.poll(leaping(jobs)).toBe(19)
  })
})

const look = async (id: Parameters<typeof standing>[0]) => {
  const record = await ledger().readCampaign(id)
  if (record === null) throw new Error('no such campaign')
  return record.look
}

describe('a window', () => {
  it('lets a campaign be fed within its hours alone', async () => {
    const hours = { from: '00:00', to: '12:00', timeZone: 'UTC' } as CampaignWindow
    const noon = Date.parse(`${new Date().toISOString().slice(0, 10)}T12:00:01Z`)
    now.aheadMs = noon - Date.now()
    const { id } = await submit(10, { window: hours })
    const free = await submit(5)
    begin()
    await expect.poll(jobs).toBe(5)
    expect(await standing(id)).toMatchObject({ cursor: 0, window: hours })
    now.aheadMs += 12 * 3_600_000
    await expect.poll(jobs).toBe(15)
    expect(await standing(free.id)).toMatchObject({ cursor: 5 })
  })

  it('that closes lets the jobs in the lane be dropped, and sends them again when it opens', async () => {
    const hours = { from: '00:00', to: '12:00', timeZone: 'UTC' } as CampaignWindow
    const morning = Date.parse(`${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}T08:00:00Z`)
    now.aheadMs = morning - Date.now()
    const { id } = await submit(10, { window: hours })
    begin()
    await expect.poll(jobs).toBe(10)
    const check = async () =>
      await feed().check({ app: appid, campaign: id, generation: await generation(), index: 1 })
    expect((await standing(id))?.closesAt).toBe(morning + 4 * 3_600_000)
    expect(await check()).toBe('open')
    now.aheadMs += 5 * 3_600_000
    await expect.poll(check).toBe('closed')
    expect(await standing(id)).toMatchObject({ closesAt: 0 })
    await drop(id, upTo(10))
    now.aheadMs += 14 * 3_600_000
    await expect.poll(leaping(jobs)).toBe(10)
    expect(await check()).toBe('open')
  })
})

describe('parked scenes', () => {
  it('have one more round when all others have ended, marked as the last', async () => {
    const { id } = await submit(10)
    begin()
    await expect.poll(jobs).toBe(10)
    for (const at of [2, 5]) expect(await park(id, at)).toBe('parked')
    await drop(id, [2, 5])
    await publishAll(id, 0, 2)
    await drop(id, [0, 1])
    const turns = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(turns + 10 * 61_000)
    expect(sorted(await waitingIndexes())).toEqual([3, 4, 6, 7, 8, 9])
    for (const at of [3, 4, 6, 7, 8, 9]) await publish(id, at)
    await drop(id, upTo(10))
    await expect.poll(leaping(async () => sorted(await waitingIndexes()))).toEqual([2, 5])
    expect((await waiting()).every(({ lastRound }) => lastRound)).toBe(true)
    expect(await standing(id)).toMatchObject({ parked: 0, lastRound: true })
    await refuse(id, 2)
    await publish(id, 5)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 9, refused: 1 } })
  })

  it('are sent again in time by another leader, and after a rebuild', async () => {
    const { id } = await submit(3)
    const first = begin()
    await expect.poll(jobs).toBe(3)
    await park(id, 1)
    await publish(id, 0)
    await publish(id, 2)
    await drop(id, [0, 1, 2])
    await first.stop()
    await restartServer()
    begin()
    await expect.poll(leaping(waitingIndexes)).toEqual([1])
  })
})

describe('apps', () => {
  it('are led when they come, and left to others when they go', async () => {
    const { id } = await submit(10)
    const apps = now.apps
    now.apps = []
    begin()
    now.apps = apps
    now.tellApps()
    await expect.poll(jobs).toBe(10)
    now.apps = []
    now.tellApps()
    const claim = () =>
      createLeases(redis).claim(
        { lease: `${now.namespace}:{${appid}}:lease`, fence: `${now.namespace}:{${appid}}:fence` },
        'another',
        10_000,
      )
    await expect.poll(claim).not.toBeNull()
    expect((await index().readCampaign(appid, id))?.state).toBe('running')
    expect(await feed().check({ app: appid, campaign: id, generation: await generation(), index: 1 })).toBe(
      'open',
    )
  })
})

const generation = async () => {
  const { generation: known } = await index().readGeneration(appid)
  if (known === null) throw new Error('no generation')
  return known
}
