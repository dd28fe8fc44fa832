import type { CampaignId, Hold } from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { MOST_STEPS } from './feed-campaign.js'
import { LEAST_RESENT, WINDOW } from './fill-lanes.js'
import {
  appid,
  begin,
  clock,
  drop,
  indexesOf,
  jobs,
  leaping,
  ledger,
  loseRedis,
  nextTurn,
  now,
  publish,
  publishAll,
  rowsOf,
  standing,
  submit,
  waiting,
  waitingIndexes,
} from './testing/use-upkeep.js'

/** Of the look that `submit` gives its campaigns. */
const heldLook = (): Hold => ({
  target: { scope: 'page', app: appid, page: { page: 'pages/index/index', envVersion: 'release' } },
  reason: 'page_held',
  untilMs: clock.now() + 3_600_000,
  message: null,
})
const plain = (at: number) => ({ scene: `s=${at}` })
const own = (at: number) => ({ scene: `s=${at}`, page: 'pages/shop/shop' })
/** Every second row brings a page of its own. */
const mixed = (at: number) => (at % 2 === 1 ? own(at) : plain(at))
const [odd, even] = [
  [1, 3, 5, 7, 9, 11, 13, 15, 17, 19],
  [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
]
const sorted = (indexes: readonly number[]) => indexes.toSorted((a, b) => a - b)
const waitingNow = async () => sorted(await waitingIndexes())

/** As workers do that print these scenes. */
const print = async (id: CampaignId, indexes: readonly number[]): Promise<void> => {
  for (const at of indexes) expect(await publish(id, at)).toBe('published')
  await drop(id, indexes)
}

beforeEach(() => {
  now.holds = [heldLook()]
})

describe('a hold of the page of its look', () => {
  it('lets rows with pages of their own go on, and the others follow when it has ended, each once', async () => {
    const { id } = await submit(20, { ownPages: 10 }, mixed)
    begin()
    await expect.poll(waitingNow).toEqual(odd)
    expect(await standing(id)).toMatchObject({ state: 'running', cursor: 20, ownPages: 10 })
    await print(id, odd)
    const before = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(before + 5 * 61_000)
    expect(await waitingNow()).toEqual([])
    expect(await standing(id)).toMatchObject({ state: 'running', counts: { published: 10, pending: 10 } })
    now.holds = []
    await expect.poll(leaping(waitingNow)).toEqual(even)
    await print(id, even)
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({ counts: { published: 20 } })
    expect(sorted(await indexesOf(id))).toEqual(sorted([...odd, ...even]))
  })

  it('does so over a loss of Redis as well', async () => {
    const { id } = await submit(20, { ownPages: 10 }, mixed)
    begin()
    await expect.poll(waitingNow).toEqual(odd)
    await print(id, odd.slice(0, 4))
    await expect.poll(leaping(async () => (await rowsOf(id)).length)).toBe(4)
    await loseRedis()
    await expect.poll(leaping(waitingNow)).toEqual(odd.slice(4))
    expect(await standing(id)).toMatchObject({ cursor: 20, ownPages: 10, counts: { published: 4 } })
    await print(id, odd.slice(4))
    await expect.poll(leaping(async () => (await rowsOf(id)).length)).toBe(10)
    await loseRedis()
    await expect.poll(() => standing(id)).toMatchObject({ cursor: 20, counts: { published: 10 } })
    expect(await waitingNow()).toEqual([])
    now.holds = []
    await expect.poll(leaping(waitingNow)).toEqual(even)
    await print(id, even)
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({ counts: { published: 20 } })
    expect(sorted(await indexesOf(id))).toEqual(sorted([...odd, ...even]))
  })

  it('that comes while jobs wait has those sent again that its workers drop, when it has ended', async () => {
    now.holds = []
    const { id } = await submit(20, { ownPages: 10 }, mixed)
    begin()
    await expect.poll(jobs).toBe(20)
    now.holds = [heldLook()]
    // A turn that has read the holds before would send again what is dropped.
    await nextTurn()
    await drop(id, [...even, 1])
    await expect.poll(leaping(waitingNow)).toEqual(odd)
    now.holds = []
    await expect.poll(leaping(waitingNow)).toEqual(sorted([...odd, ...even]))
  })

  it.each<[string, { ownPages?: number }]>([
    ['of which no row brings a page', { ownPages: 0 }],
    ['whose pages nobody has counted', {}],
  ])('stops a campaign as a whole %s: no row of it is read', async (_, counted) => {
    const read = new Set<CampaignId>()
    const { id } = await submit(20, counted, mixed)
    const campaigns = ledger()
    begin({
      campaigns: {
        ...campaigns,
        readPart(of, part) {
          read.add(of)
          return campaigns.readPart(of, part)
        },
      },
    })
    await expect.poll(() => standing(id)).toMatchObject({ cursor: 0 })
    const other = await submit(5, { ownPages: 5 }, own)
    await expect.poll(leaping(jobs)).toBe(5)
    expect([...read]).toEqual([other.id])
    expect(await standing(id)).toMatchObject({ cursor: 0 })
    now.holds = []
    await expect.poll(jobs).toBe(25)
  })
})

describe('a long run of rows that wait for their page', () => {
  it('is passed in bounded steps, larger than the lane’s window, to the rows behind it', async () => {
    const run = 30_000
    const cursors: number[] = []
    const { id } = await submit(run + 10, { ownPages: 10 }, (at) => (at < run ? plain(at) : own(at)))
    const readHolds = async () => {
      cursors.push((await standing(id))?.cursor ?? 0)
      return now.holds
    }
    begin({ readHolds })
    await expect.poll(jobs).toBe(10)
    expect(Math.min(...(await waitingIndexes()))).toBe(run)
    const steps = cursors.map((cursor, turn) => cursor - (cursors[turn - 1] ?? 0))
    expect(Math.max(...steps)).toBeGreaterThan(WINDOW)
    expect(Math.max(...steps)).toBeLessThanOrEqual(MOST_STEPS * WINDOW)
  })

  it('is passed, and what was lost behind it sent again, though pages of others come and go all the time', async () => {
    const run = 60_000
    const { id } = await submit(run + 10, { ownPages: 10 }, (at) => (at < run ? plain(at) : own(at)))
    const look = heldLook()
    const other: Hold = {
      ...look,
      target: { scope: 'page', app: appid, page: { page: 'pages/other/other', envVersion: 'release' } },
    }
    let turns = 0
    begin({ readHolds: async () => (turns++ % 2 === 0 ? [look] : [look, other]) })
    await expect.poll(jobs).toBe(10)
    await drop(id, [run + 3])
    await expect.poll(leaping(jobs)).toBe(10)
  })

  it('takes its share of the lane when the hold has ended, and no room from others', async () => {
    const run = 3 * WINDOW
    const { id } = await submit(run + 1, { ownPages: 1 }, (at) => (at < run ? plain(at) : own(at)))
    begin()
    await expect.poll(waitingNow).toEqual([run])
    now.holds = []
    await expect.poll(jobs).toBeGreaterThanOrEqual(WINDOW)
    const other = await submit(WINDOW)
    await expect.poll(leaping(() => standing(other.id))).toMatchObject({ cursor: 0 })
    await publishAll(id, 0, 300)
    await drop(
      id,
      Array.from({ length: 300 }, (_, at) => at),
    )
    await expect.poll(leaping(async () => (await standing(other.id))?.cursor)).toBeGreaterThan(250)
  })

  it('shares the lane with another one that has waited as well: both are sent again by turns', async () => {
    const run = 3 * WINDOW
    const waits = () => submit(run + 1, { ownPages: 1 }, (at) => (at < run ? plain(at) : own(at)))
    const campaigns = [await waits(), await waits()]
    begin()
    await expect.poll(leaping(jobs)).toBe(2)
    now.holds = []
    await expect.poll(leaping(jobs)).toBeGreaterThanOrEqual(WINDOW)
    const publishedNow = async () => {
      const standings = await Promise.all(campaigns.map(({ id }) => standing(id)))
      return standings.map((one) => one?.counts.published ?? 0)
    }
    // Beyond what each of them was sent at first.
    while (Math.min(...(await publishedNow())) <= WINDOW / 2 + 100) {
      await printFirst(400)
      expect(Math.max(...(await publishedNow()))).toBeLessThan(run)
      expect(await jobs()).toBeLessThanOrEqual(WINDOW + LEAST_RESENT)
    }
  })
})

/** As workers do that print the next jobs of the lane, whosever they are. */
async function printFirst(most: number): Promise<void> {
  await expect.poll(leaping(jobs)).toBeGreaterThanOrEqual(most)
  // All at once: one after the other they would take minutes on a loaded machine.
  const first = (await waiting()).slice(0, most)
  await Promise.all(first.map(({ id, index }) => print(id.slice(0, id.indexOf('.')) as CampaignId, [index])))
}
