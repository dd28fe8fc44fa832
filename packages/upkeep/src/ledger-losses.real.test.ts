/** What a command has made of a campaign stays so, whatever Redis forgets, and whatever it remembers wrongly. */
import type { CampaignId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import {
  appid,
  begin,
  drop,
  feed,
  index,
  indexesOf,
  jobs,
  leaping,
  ledger,
  loseRedis,
  now,
  publish,
  publishAll,
  refuse,
  standing,
  submit,
  takeSnapshot,
  waiting,
} from './testing/use-upkeep.js'

const TOTAL = 20
const PUBLISHED = 8
const LATER = '2026-01-01T00:00:00Z'
const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)
const sorted = (indexes: readonly number[]) => indexes.toSorted((a, b) => a - b)

type Loss = 'everything is lost' | 'an old snapshot is restored'
const LOSSES: Loss[] = ['everything is lost', 'an old snapshot is restored']

/** The old jobs carry another generation: workers drop them. */
const dropOldJobs = async (): Promise<void> => {
  for (const { id, index: at } of await waiting())
    await drop(id.slice(0, id.lastIndexOf('.')) as CampaignId, [at])
}

/** A campaign that is half printed, its rows closed; `lose` makes Redis forget all that comes from now on, or everything. */
async function halfPrinted(loss: Loss, otherScenes = 0) {
  const { id } = await submit(TOTAL)
  const upkeep = begin()
  await expect.poll(jobs).toBe(TOTAL + otherScenes)
  await publishAll(id, 0, PUBLISHED)
  await drop(id, upTo(PUBLISHED))
  await expect.poll(leaping(async () => (await indexesOf(id)).length)).toBe(PUBLISHED)
  const restore = await takeSnapshot()
  const lose = async (): Promise<void> => {
    await upkeep.stop()
    if (loss === 'everything is lost') return await loseRedis()
    await restore()
    await dropOldJobs()
  }
  return { id, upkeep, lose }
}

/** What a worker is told that has a job of this scene. */
async function answerFor(id: CampaignId, at: number): Promise<string> {
  const { generation } = await index().readGeneration(appid)
  return generation === null
    ? 'rebuild'
    : await feed().check({ app: appid, campaign: id, generation, index: at })
}

const rebuilt = async (): Promise<void> => {
  const before = now.rebuilds.length
  begin()
  await expect.poll(() => now.rebuilds.length).toBe(before + 1)
}
const why = (loss: Loss) => (loss === 'everything is lost' ? 'no_generation' : 'new_server')

describe.each(LOSSES)('when %s', (loss) => {
  it.each(['has seen', 'has not seen'])(
    'a campaign stays paused by a command that upkeep %s, until it is resumed',
    async (seen) => {
      const { id, upkeep, lose } = await halfPrinted(loss)
      if (seen === 'has not seen') await upkeep.stop()
      await ledger().appendControl(id, 'pause', LATER)
      if (seen === 'has seen')
        await expect.poll(leaping(() => standing(id))).toMatchObject({ state: 'paused' })
      await lose()
      await rebuilt()
      expect(now.rebuilds.at(-1)).toBe(why(loss))
      expect(await standing(id)).toMatchObject({
        state: 'paused',
        counts: { published: PUBLISHED, cancelled: 0, pending: TOTAL - PUBLISHED },
      })
      expect(await answerFor(id, PUBLISHED)).toBe('paused')
      const seenMs = now.leapMs
      await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seenMs + 5 * 61_000)
      expect(await standing(id)).toMatchObject({ state: 'paused' })
      expect(await jobs()).toBe(0)

      await ledger().appendControl(id, 'resume', LATER)
      await expect.poll(leaping(jobs)).toBe(TOTAL - PUBLISHED)
      await publishAll(id, PUBLISHED, TOTAL)
      await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: TOTAL } })
      expect(sorted(await indexesOf(id))).toEqual(upTo(TOTAL))
    },
  )

  it.each(['has seen', 'has not seen'])(
    'a campaign stays cancelled by a command that upkeep %s, and none of it is fed',
    async (seen) => {
      const { id, upkeep, lose } = await halfPrinted(loss)
      const counts = { total: TOTAL, published: PUBLISHED, pending: 0, cancelled: TOTAL - PUBLISHED }
      if (seen === 'has not seen') await upkeep.stop()
      await ledger().appendControl(id, 'cancel', LATER)
      if (seen === 'has seen') {
        await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({ counts })
        await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
      }
      await lose()
      await rebuilt()
      expect(now.rebuilds.at(-1)).toBe(why(loss))
      // Before the first turn as well: no worker is told that it is wanted.
      expect(await answerFor(id, PUBLISHED)).toBe(seen === 'has seen' ? 'unknown' : 'cancelled')
      expect(await publish(id, PUBLISHED)).not.toBe('published')
      await expect.poll(() => ledger().readReport(id)).toMatchObject({ state: 'cancelled', counts })
      await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
      const seenMs = now.leapMs
      await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seenMs + 5 * 61_000)
      expect(await ledger().readReport(id)).toMatchObject({ state: 'cancelled', counts })
      expect(sorted(await indexesOf(id))).toEqual(upTo(PUBLISHED))
      expect(await jobs()).toBe(0)
    },
  )

  it('a campaign keeps the priority that it was given, and one that has ended stays so', async () => {
    const { id: ended } = await submit(3)
    const { id, lose } = await halfPrinted(loss, 3)
    await ledger().appendControl(id, { command: 'priority', priority: 9 }, LATER)
    await publishAll(ended, 0, 3)
    await expect.poll(() => ledger().readOpenMark(ended)).toBeNull()
    const report = await ledger().readReport(ended)
    await lose()
    await rebuilt()
    expect(await standing(id)).toMatchObject({ state: 'running', priority: 9 })
    expect(await publish(ended, 0)).toBe('unknown')
    await expect.poll(leaping(jobs)).toBe(TOTAL - PUBLISHED)
    expect(await ledger().readReport(ended)).toEqual(report)
    expect(sorted(await indexesOf(ended))).toEqual(upTo(3))
  })

  it('refused scenes that a retry has let go print again, once', async () => {
    const { id, lose } = await halfPrinted(loss)
    await refuse(id, PUBLISHED)
    await expect.poll(leaping(async () => (await indexesOf(id)).length)).toBe(PUBLISHED + 1)
    await ledger().appendRetry({ id, app: appid }, {}, LATER)
    await expect.poll(leaping(() => standing(id))).toMatchObject({ retried: 1, counts: { refused: 0 } })
    await lose()
    await rebuilt()
    await expect.poll(leaping(jobs)).toBe(TOTAL - PUBLISHED)
    await publishAll(id, PUBLISHED, TOTAL)
    await expect
      .poll(() => ledger().readReport(id))
      .toMatchObject({ retried: 1, counts: { published: TOTAL, refused: 0 } })
  })
})

it.each(['who leads next', 'who leads already'])(
  'a campaign whose open mark went with a process that died is marked again by %s',
  async (who) => {
    const { id } = await submit(TOTAL)
    const first = begin()
    await expect.poll(jobs).toBe(TOTAL)
    if (who === 'who leads next') await first.stop()
    await ledger().unmarkOpen(id)
    if (who === 'who leads next') begin()
    await expect.poll(leaping(() => ledger().readOpenMark(id))).not.toBeNull()
    await publishAll(id, 0, TOTAL)
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({ state: 'completed' })
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
  },
)

it('one that has ended is not marked again', async () => {
  const { id } = await submit(TOTAL)
  begin()
  await expect.poll(jobs).toBe(TOTAL)
  await publishAll(id, 0, TOTAL)
  await expect.poll(leaping(() => ledger().readOpenMark(id))).toBeNull()
  const seen = now.leapMs
  await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seen + 5 * 61_000)
  expect(await ledger().readOpenMark(id)).toBeNull()
})
