import type { ControlRecord, FeedEvent } from '@sunpress/core'
import { appKeys } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import type { UpkeepParts } from './parts.js'
import {
  appid,
  begin,
  bits,
  clock,
  drop,
  index,
  indexesOf,
  jobs,
  leaping,
  ledger,
  loseRedis,
  manifests,
  now,
  publish,
  publishAll,
  redis,
  refuse,
  rowsOf,
  standing,
  submit,
  waitingIndexes,
} from './testing/use-upkeep.js'

const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)
const sorted = (indexes: readonly number[]) => indexes.toSorted((a, b) => a - b)

/** Counts the parts that are read. */
function countReads(): { manifests: UpkeepParts['manifests']; reads: number[] } {
  const reads: number[] = []
  const real = manifests()
  return {
    reads,
    manifests: {
      ...real,
      readPart: (id, firstN) => {
        reads.push(firstN)
        return real.readPart(id, firstN)
      },
    },
  }
}

describe('a checkpoint', () => {
  it('is written at a clean stop, and a rebuild reads no part that stands before it', async () => {
    const { id } = await submit(60)
    const first = begin()
    await expect.poll(jobs).toBe(60)
    await publishAll(id, 0, 20)
    await refuse(id, 20)
    await expect.poll(leaping(async () => (await rowsOf(id)).length)).toBe(21)
    await publishAll(id, 21, 30)
    await first.stop()
    expect(await bits().readCheckpoint(id, 60)).toMatchObject({ n: 30, published: 29, refused: 1 })
    await loseRedis()
    const { reads, ...counted } = countReads()
    begin(counted)
    await expect.poll(jobs).toBe(30)
    expect(reads).toEqual([])
    expect((await standing(id))?.counts).toMatchObject({ published: 29, refused: 1, pending: 30 })
    expect(sorted(await waitingIndexes())).toEqual(upTo(60).slice(30))
  })

  it('is written every few minutes from closed parts, and the one before it goes', async () => {
    const { id } = await submit(60)
    begin()
    await expect.poll(jobs).toBe(60)
    await publishAll(id, 0, 10)
    const newest = async () => (await bits().readCheckpoint(id, 60))?.n
    await expect.poll(leaping(newest)).toBe(10)
    await publishAll(id, 10, 25)
    await expect.poll(leaping(newest)).toBe(25)
    const checkpoints = async () => (await now.stores.records.list(`campaigns/${id}/bits-`)).keys
    await expect.poll(checkpoints).toEqual([`campaigns/${id}/bits-25`])
    await publishAll(id, 25, 60)
    await expect.poll(() => ledger().readReport(id)).not.toBeNull()
    await expect.poll(checkpoints).toEqual([])
  })

  it('counts nothing that stands in no closed part, whatever Redis says', async () => {
    const { id } = await submit(60)
    begin()
    await expect.poll(jobs).toBe(60)
    await publishAll(id, 0, 10)
    await expect.poll(leaping(async () => (await bits().readCheckpoint(id, 60))?.n)).toBe(10)
    await redis.setbit(appKeys(now.namespace, appid).bits(id), 33, 1)
    await loseRedis()
    await expect.poll(leaping(jobs)).toBe(50)
    expect(await waitingIndexes()).toContain(33)
  })

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut', (bytes) => bytes.subarray(0, bytes.length - 2)],
    ['flipped', (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([0xff])])],
    [
      'of another version',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('"v":2', '"v":3'), 'latin1'),
    ],
    [
      'changed in one number of its head',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('"published":30', '"published":31'), 'latin1'),
    ],
    ['empty', () => Buffer.alloc(0)],
  ])('that is %s is passed over', async (_, damage) => {
    const { id } = await submit(60)
    const first = begin()
    await expect.poll(jobs).toBe(60)
    await publishAll(id, 0, 30)
    await first.stop()
    const key = `campaigns/${id}/bits-30`
    const bytes = Buffer.from((await now.stores.records.read(key)) ?? [])
    expect(bytes.length).toBeGreaterThan(0)
    await now.stores.records.put(key, damage(bytes))
    await loseRedis()
    begin()
    await expect.poll(jobs).toBe(30)
    expect((await standing(id))?.counts).toMatchObject({ published: 30, pending: 30 })
  })

  it('is not trusted again when the index that was built from it turns out to be damaged', async () => {
    const { id } = await submit(64)
    const first = begin()
    await expect.poll(jobs).toBe(64)
    await publishAll(id, 0, 32)
    await first.stop()
    // Whole in itself, and yet not what the parts say: whatever the reason, its next index would be no better.
    const checkpoint = await bits().readCheckpoint(id, 64)
    if (checkpoint === null) throw new Error('no checkpoint')
    await bits().writeCheckpoint(id, { ...checkpoint, bits: Buffer.from(checkpoint.bits).reverse() })
    await loseRedis()
    begin()
    await expect.poll(jobs).toBe(32)
    expect((await waitingIndexes()).every((at) => at < 32)).toBe(true)
    await redis.del(appKeys(now.namespace, appid).bits(id))
    await expect.poll(leaping(async () => (await bits().readCheckpoint(id, 64)) === null)).toBe(true)
    await expect
      .poll(leaping(async () => sorted(await waitingIndexes()).filter((at) => at >= 32)))
      .toEqual(upTo(64).slice(32))
    expect(await publish(id, 0)).toBe('done')
  })
})

const append = (
  id: Parameters<typeof standing>[0],
  which: Pick<ControlRecord, 'errcodes' | 'reasons'> = {},
) => ledger().appendRetry({ id, app: appid }, which, '2026-01-01T00:00:00Z')

/** What a campaign came to, row by row: the last row of each scene counts. */
function outcomes(rows: readonly FeedEvent[]): Record<string, number> {
  const last = new Map(rows.map((row) => [row.index, row.type]))
  const counts: Record<string, number> = {}
  for (const type of last.values()) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

describe('retry', () => {
  it('lets refused scenes print again, and only those that it means', async () => {
    const { id } = await submit(20)
    begin()
    await expect.poll(jobs).toBe(20)
    for (const at of [3, 4]) await refuse(id, at, 41030)
    for (const at of [5, 6]) await refuse(id, at, 40097)
    await drop(id, [3, 4, 5, 6])
    await append(id, { errcodes: [41030] })
    await expect.poll(leaping(async () => (await waitingIndexes()).length)).toBe(18)
    expect((await standing(id))?.counts).toMatchObject({ refused: 2, pending: 18 })
    expect(sorted(await waitingIndexes())).toEqual(upTo(20).filter((at) => at !== 5 && at !== 6))
    for (const at of upTo(20)) await publish(id, at)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 18, refused: 2 } })
    const rows = await rowsOf(id)
    expect(rows).toHaveLength(22)
    expect(outcomes(rows)).toEqual({ 'code.published': 18, 'code.refused': 2 })
  })

  it('takes effect once, though scenes are refused again behind it', async () => {
    const { id } = await submit(5)
    begin()
    await expect.poll(jobs).toBe(5)
    await refuse(id, 1)
    await append(id)
    await expect.poll(leaping(() => standing(id))).toMatchObject({ retried: 1, counts: { refused: 0 } })
    await refuse(id, 1)
    now.leapMs += 61_000
    const seen = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seen + 5 * 61_000)
    expect(await standing(id)).toMatchObject({ counts: { refused: 1, pending: 4 } })
  })

  it('outlives a loss of Redis, carried out or not', async () => {
    const { id } = await submit(20)
    const first = begin()
    await expect.poll(jobs).toBe(20)
    for (const at of [3, 4, 5]) await refuse(id, at)
    await append(id)
    await expect.poll(leaping(() => standing(id))).toMatchObject({ retried: 1 })
    await publish(id, 3)
    await refuse(id, 4)
    await publishAll(id, 6, 10)
    await first.stop()
    await append(id, { errcodes: [41030] })
    await loseRedis()
    begin()
    await expect.poll(() => standing(id)).toMatchObject({ retried: 2 })
    expect((await standing(id))?.counts).toMatchObject({ published: 5, refused: 0, pending: 15 })
    await expect
      .poll(async () => sorted(await waitingIndexes()))
      .toEqual(upTo(20).filter((at) => at !== 3 && (at < 6 || at >= 10)))
    for (const at of upTo(20)) await publish(id, at)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 20, refused: 0 } })
  })

  it('opens a completed campaign again, which then ends anew', async () => {
    const { id } = await submit(10)
    begin()
    await expect.poll(jobs).toBe(10)
    await publishAll(id, 0, 8)
    for (const at of [8, 9]) await refuse(id, at)
    await drop(id, upTo(10))
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 8, refused: 2 } })
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    await append(id)
    await expect.poll(leaping(jobs)).toBe(2)
    expect(await standing(id)).toMatchObject({ state: 'running', counts: { published: 8, pending: 2 } })
    await publish(id, 8)
    await refuse(id, 9)
    await expect
      .poll(() => ledger().readReport(id))
      .toMatchObject({ counts: { published: 9, refused: 1 }, retried: 1, state: 'completed' })
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    expect(outcomes(await rowsOf(id))).toEqual({ 'code.published': 9, 'code.refused': 1 })
  })

  it('opens it again even when Redis is lost before anybody has heard of it', async () => {
    const { id } = await submit(10)
    const first = begin()
    await expect.poll(jobs).toBe(10)
    await publishAll(id, 0, 8)
    for (const at of [8, 9]) await refuse(id, at)
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    await first.stop()
    await loseRedis()
    await append(id)
    begin()
    await expect.poll(leaping(async () => sorted(await waitingIndexes()))).toEqual([8, 9])
    await publish(id, 8)
    await publish(id, 9)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 10, refused: 0 } })
  })

  it.each(['pause', 'cancel'] as const)(
    'and a %s behind it take effect at once, one after the other',
    async (command) => {
      const { id } = await submit(10)
      begin()
      await expect.poll(jobs).toBe(10)
      await publishAll(id, 0, 8)
      for (const at of [8, 9]) await refuse(id, at)
      await drop(id, upTo(10))
      await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
      await append(id)
      await ledger().appendControl(id, command, clockText())
      await index().tellUnheard(appid, id)
      const counts = { published: 8, refused: 0 }
      // No minute leaps: the next walk over the marks comes later.
      if (command === 'pause')
        await expect
          .poll(() => standing(id))
          .toMatchObject({ state: 'paused', counts: { ...counts, pending: 2 } })
      else
        await expect
          .poll(() => ledger().readReport(id))
          .toMatchObject({ state: 'cancelled', counts: { ...counts, cancelled: 2 } })
      expect(await jobs()).toBe(0)
    },
  )

  it('and a pause behind it are found by a rebuild too', async () => {
    const { id } = await submit(3)
    const first = begin()
    await expect.poll(jobs).toBe(3)
    await publishAll(id, 0, 2)
    await refuse(id, 2)
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    await first.stop()
    await append(id)
    await ledger().appendControl(id, 'pause', clockText())
    await loseRedis()
    begin()
    await expect.poll(() => standing(id)).toMatchObject({ state: 'paused', counts: { pending: 1 } })
    expect(await jobs()).toBe(0)
  })

  it('of nothing that was refused ends the campaign as it was', async () => {
    const { id } = await submit(5)
    begin()
    await expect.poll(jobs).toBe(5)
    await publishAll(id, 0, 5)
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    await append(id, { reasons: ['worker_lost'] })
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({ retried: 1 })
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    expect((await indexesOf(id)).length).toBe(5)
  })

  it('is told apart from older commands: a cancel that came too late stays without effect', async () => {
    const { id } = await submit(3)
    begin()
    await expect.poll(jobs).toBe(3)
    await publishAll(id, 0, 2)
    await refuse(id, 2)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ state: 'completed' })
    await ledger().appendControl(id, 'cancel', clockText())
    await append(id)
    await expect.poll(leaping(() => standing(id))).toMatchObject({ state: 'running', counts: { pending: 1 } })
  })
})

const clockText = () => new Date(clock.now()).toISOString()
