/** A leader that is stopped at any step (SIGSTOP, a long collection of garbage) and goes on when another one has led to the end. */
import type { CampaignId, FeedEvent } from '@sunpress/core'
import type { FeedIndex } from '@sunpress/feed'
import { appKeys } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import type { UpkeepParts } from './parts.js'
import { freezing, known, untilStopped } from './testing/freezing.js'
import {
  appid,
  begin,
  bits,
  drop,
  index,
  jobs,
  leaping,
  ledger,
  manifests,
  nextTurn,
  now,
  park,
  publish,
  publishAll,
  redis,
  refuse,
  rowsOf,
  standing,
  stillClock,
  submit,
} from './testing/use-upkeep.js'

const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)

/** All that the ledger has of a campaign, byte for byte. */
async function filesOf(id: CampaignId): Promise<Record<string, string>> {
  const { records } = now.stores
  const { keys } = await records.list(`campaigns/${id}/`)
  const read = async (key: string) => [key, Buffer.from((await records.read(key)) ?? []).toString('latin1')]
  return Object.fromEntries(await Promise.all(keys.map(read)))
}

type Cold = Pick<ReturnType<typeof freezing>, 'leases' | 'freeze' | 'frozen' | 'thaw'>
const ENDS: [string, () => { cold: Cold; changes: Partial<UpkeepParts> }][] = [
  [
    'its report',
    () => {
      const cold = freezing(ledger(), 'writeReport')
      return { cold, changes: { campaigns: cold.part } }
    },
  ],
  [
    'the index of its manifest',
    () => {
      const cold = freezing(manifests(), 'writeIndex')
      return { cold, changes: { manifests: cold.part } }
    },
  ],
]

const takeLease = () => redis.del(appKeys(now.namespace, appid).lease)

function lastOf(rows: readonly FeedEvent[]): Record<string, number> {
  const last = new Map(rows.map((row) => [row.index, row.type]))
  const counts: Record<string, number> = {}
  for (const type of last.values()) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** Workers print on and on, whatever generation comes: gives the report, once there is one. */
async function printed(id: CampaignId, total: number) {
  for (const at of upTo(total)) await publish(id, at)
  return await ledger().readReport(id)
}

/** Its campaign is closed, and the turn that did it has ended: it notes a rate as well, behind the mark. */
async function closed(id: CampaignId): Promise<void> {
  await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
  await nextTurn()
}

/** What one leader after the other may change, and must not change twice. */
async function stateOf(id: CampaignId) {
  return {
    index: await redis.hgetall(appKeys(now.namespace, appid).campaign(id)),
    log: await ledger().readControl(id),
    rows: (await rowsOf(id)).map(({ n, index: at, type }) => [n, at, type]),
    report: await ledger().readReport(id),
    mark: await ledger().readOpenMark(id),
  }
}

describe('a leader that wakes when another one has led on', () => {
  it.each<keyof FeedIndex>(['advanceCursor', 'closeRows', 'finish', 'readEntries', 'readCampaign'])(
    'changes nothing, stopped at %s',
    async (name) => {
      const { id } = await submit(20)
      const cold = freezing(index(), name)
      const zombie = begin({ index: cold.part, leases: cold.leases })
      if (name === 'advanceCursor') cold.freeze()
      else await expect.poll(jobs).toBe(20)
      if (name !== 'advanceCursor') await publishAll(id, 0, 10)
      cold.freeze()
      if (name === 'finish') await publishAll(id, 10, 20)
      await untilStopped(cold.frozen)
      await takeLease()
      begin()
      await expect.poll(() => printed(id, 20)).toMatchObject({ counts: { published: 20 } })
      await closed(id)
      const before = await stateOf(id)
      cold.thaw()
      await zombie.stop()
      expect(await stateOf(id)).toEqual(before)
      expect(before.rows).toHaveLength(20)
    },
  )

  it('publishes none of the pictures that it had found', async () => {
    const { id } = await submit(300)
    const cold = freezing(index(), 'publishMany')
    cold.freeze()
    const zombie = begin({ index: cold.part, leases: cold.leases, codes: known(), clock: stillClock })
    await cold.frozen
    await takeLease()
    begin()
    await expect.poll(leaping(jobs)).toBe(300)
    for (const at of upTo(300)) await publish(id, at)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 300, reused: 0 } })
    await closed(id)
    const before = await stateOf(id)
    cold.thaw()
    await zombie.stop()
    expect(await stateOf(id)).toEqual(before)
  })

  it('begins no last round a second time', async () => {
    const { id } = await submit(3)
    const cold = freezing(index(), 'beginLastRound')
    cold.freeze()
    const zombie = begin({ index: cold.part, leases: cold.leases })
    await expect.poll(jobs).toBe(3)
    await park(id, 1)
    for (const at of [0, 2]) await publish(id, at)
    await drop(id, upTo(3))
    await cold.frozen
    await takeLease()
    begin()
    await expect.poll(leaping(jobs)).toBe(1)
    cold.thaw()
    await zombie.stop()
    expect(await standing(id)).toMatchObject({ parked: 0, lastRound: true, counts: { pending: 1 } })
  })

  it.each<
    [string, () => Partial<UpkeepParts> & { cold: { freeze(): void; frozen: Promise<void>; thaw(): void } }]
  >([
    [
      'between the ledger and the index',
      () => {
        const cold = freezing(index(), 'clearRefused')
        return { index: cold.part, leases: cold.leases, cold }
      },
    ],
    [
      'before the ledger',
      () => {
        const cold = freezing(bits(), 'writeRetry')
        return { bits: cold.part, leases: cold.leases, cold }
      },
    ],
  ])('lets no scene print again a second time, stopped %s', async (_, make) => {
    const { id } = await submit(6)
    const { cold, ...changes } = make()
    const zombie = begin(changes)
    await expect.poll(jobs).toBe(6)
    for (const at of [1, 2]) await refuse(id, at)
    await drop(id, [1, 2])
    cold.freeze()
    await ledger().appendRetry({ id, app: appid }, {}, '2026-01-01T00:00:00Z')
    await untilStopped(cold.frozen)
    await takeLease()
    begin()
    await expect.poll(leaping(() => standing(id))).toMatchObject({ retried: 1, counts: { refused: 0 } })
    await refuse(id, 1)
    await publish(id, 2)
    const before = (await standing(id))?.counts
    cold.thaw()
    await zombie.stop()
    expect((await standing(id))?.counts).toEqual(before)
    for (const at of upTo(6)) await publish(id, at)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 5, refused: 1 } })
    expect(lastOf(await rowsOf(id))).toEqual({ 'code.published': 5, 'code.refused': 1 })
  })

  it('pauses no canary that somebody has let go on', async () => {
    const { id } = await submit(20, { canary: 3 })
    const cold = freezing(ledger(), 'appendControl')
    cold.freeze()
    const zombie = begin({ campaigns: cold.part, leases: cold.leases })
    await expect.poll(jobs).toBe(3)
    await publishAll(id, 0, 3)
    await cold.frozen
    await takeLease()
    begin()
    await expect.poll(() => standing(id)).toMatchObject({ state: 'paused' })
    await ledger().appendControl(id, 'resume', '2026-01-01T00:00:00Z')
    await expect.poll(leaping(() => standing(id))).toMatchObject({ state: 'running' })
    cold.thaw()
    await zombie.stop()
    expect((await ledger().readControl(id)).map(({ command }) => command)).toEqual(['pause', 'resume'])
    expect(await standing(id)).toMatchObject({ state: 'running' })
  })

  it('writes no part over those of the one that leads', async () => {
    const { id } = await submit(10)
    const cold = freezing(manifests(), 'writePart')
    const zombie = begin({ manifests: cold.part, leases: cold.leases })
    await expect.poll(jobs).toBe(10)
    cold.freeze()
    await publishAll(id, 0, 10)
    await cold.frozen
    await takeLease()
    begin()
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 10 } })
    await closed(id)
    const before = await stateOf(id)
    cold.thaw()
    await zombie.stop()
    expect(await stateOf(id)).toEqual(before)
    expect(before.rows).toHaveLength(10)
  })

  it('has its report kept by the one that ends the campaign in its place', async () => {
    const { id } = await submit(3)
    const cold = freezing(index(), 'finish')
    const zombie = begin({ index: cold.part, leases: cold.leases })
    await expect.poll(jobs).toBe(3)
    cold.freeze()
    await publishAll(id, 0, 3)
    await cold.frozen
    const files = await filesOf(id)
    now.aheadMs += 1_000
    await takeLease()
    begin()
    await closed(id)
    expect(await filesOf(id)).toEqual(files)
    const report = await ledger().readReport(id)
    expect(await standing(id)).toMatchObject({ state: 'completed', finishedAt: report?.finishedAt })
    cold.thaw()
    await zombie.stop()
  })

  it.each(ENDS)('ends no campaign a second time, stopped before %s', async (_, make) => {
    const { cold, changes } = make()
    const { id } = await submit(3)
    const zombie = begin({ ...changes, leases: cold.leases })
    await expect.poll(jobs).toBe(3)
    cold.freeze()
    await publishAll(id, 0, 3)
    await cold.frozen
    await takeLease()
    begin()
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 3 } })
    await closed(id)
    const before = [await filesOf(id), await stateOf(id)]
    now.aheadMs += 1_000
    cold.thaw()
    await zombie.stop()
    expect([await filesOf(id), await stateOf(id)]).toEqual(before)
  })

  it.each(ENDS)(
    'leaves the end behind a retry as it is, stopped at the end before it, before %s',
    async (_, make) => {
      const { cold, changes } = make()
      const { id } = await submit(3)
      const zombie = begin({ ...changes, leases: cold.leases })
      await expect.poll(jobs).toBe(3)
      cold.freeze()
      await publishAll(id, 0, 2)
      await refuse(id, 2)
      await cold.frozen
      await takeLease()
      begin()
      await closed(id)
      await ledger().appendRetry({ id, app: appid }, {}, '2026-01-01T00:00:00Z')
      await expect.poll(leaping(() => standing(id))).toMatchObject({ state: 'running', retried: 1 })
      await publish(id, 2)
      await expect.poll(() => ledger().readReport(id)).toMatchObject({ retried: 1, counts: { published: 3 } })
      await closed(id)
      const before = [await filesOf(id), await stateOf(id)]
      cold.thaw()
      await zombie.stop()
      expect([await filesOf(id), await stateOf(id)]).toEqual(before)
      expect(await ledger().hasEnded(id)).toBe(true)
      expect((await manifests().readIndex(id))?.parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(4)
    },
  )
})
