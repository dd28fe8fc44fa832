/** A campaign that is cancelled while something else is under way: its report tells of the same rows as its manifest. */
import type { CampaignId } from '@sunpress/core'
import { retriedRows } from '@sunpress/ledger'
import { appKeys, createLeases } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import type { UpkeepParts } from './parts.js'
import { freezing, untilStopped } from './testing/freezing.js'
import {
  appid,
  begin,
  bits,
  drop,
  index,
  jobs,
  leaping,
  ledger,
  loseRedis,
  manifests,
  nextTurn,
  now,
  publishAll,
  redis,
  refuse,
  restartServer,
  rowsOf,
  submit,
} from './testing/use-upkeep.js'

const TOTAL = 6
const AT = '2026-01-01T00:00:00Z'

async function tell(id: CampaignId, seq: number, state: 'running' | 'cancelled'): Promise<void> {
  const { generation } = await index().readGeneration(appid)
  if (generation !== null) await index().control(appid, generation, id, { seq, state })
}

async function retryTwoOf(id: CampaignId): Promise<void> {
  await expect.poll(jobs).toBe(TOTAL)
  for (const at of [1, 2]) await refuse(id, at)
  await drop(id, [1, 2])
  await ledger().appendRetry({ id, app: appid }, {}, AT)
  await tell(id, 1, 'running')
}

async function cancel(id: CampaignId): Promise<void> {
  await ledger().appendControl(id, 'cancel', AT)
  await tell(id, 2, 'cancelled')
}

/** Scenes whose row still says that they were refused. */
async function refusedIn(id: CampaignId): Promise<number[]> {
  const isOld = retriedRows(await bits().readRetries(id, TOTAL))
  return (await rowsOf(id)).filter((row) => !isOld(row)).map((row) => row.index)
}

describe('a cancel in the middle of a retry', () => {
  it.each<[string, () => { cold: ReturnType<typeof freezing>; changes: Partial<UpkeepParts> }]>([
    [
      'it is decided',
      () => {
        const cold = freezing(bits(), 'writeRetry')
        return { cold, changes: { bits: cold.part } }
      },
    ],
    [
      'the index is told of it',
      () => {
        const cold = freezing(index(), 'clearRefused')
        return { cold, changes: { index: cold.part } }
      },
    ],
  ])('cancels what it takes back, before %s', async (_, make) => {
    const { id } = await submit(TOTAL)
    const { cold, changes } = make()
    cold.freeze()
    begin({ ...changes, leases: createLeases(redis) })
    await retryTwoOf(id)
    await cold.frozen
    await cancel(id)
    cold.thaw()
    const counts = { published: 0, refused: 0, cancelled: TOTAL, pending: 0 }
    // Whatever comes up meanwhile finds it cancelled, and not yet ended: that is no reason to build the index anew.
    await expect
      .poll(leaping(() => ledger().readReport(id)))
      .toMatchObject({ state: 'cancelled', counts, retried: 1 })
    expect(await refusedIn(id)).toEqual([])
    expect(now.rebuilds).toEqual(['no_generation'])
  })

  it('leaves refusals as they are that nobody has decided on, whoever comes late', async () => {
    const { id } = await submit(TOTAL)
    const cold = freezing(bits(), 'writeRetry')
    cold.freeze()
    const zombie = begin({ bits: cold.part, leases: cold.leases })
    await retryTwoOf(id)
    await cold.frozen
    await cancel(id)
    await redis.del(appKeys(now.namespace, appid).lease)
    begin()
    const counts = { published: 0, refused: 2, cancelled: TOTAL - 2, pending: 0 }
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ state: 'cancelled', counts })
    cold.thaw()
    await zombie.stop()
    expect(await refusedIn(id)).toEqual([1, 2])
  })

  it('ends the same when the index is built anew behind the decision', async () => {
    const { id } = await submit(TOTAL)
    const cold = freezing(index(), 'clearRefused')
    cold.freeze()
    begin({ index: cold.part, leases: createLeases(redis) })
    await retryTwoOf(id)
    await untilStopped(cold.frozen)
    await cancel(id)
    await restartServer()
    cold.thaw()
    await expect
      .poll(leaping(() => ledger().readReport(id)))
      .toMatchObject({ state: 'cancelled', counts: { refused: 0, cancelled: TOTAL }, retried: 1 })
    expect(await refusedIn(id)).toEqual([])
    expect((await manifests().readIndex(id))?.parts).toMatchObject([{ firstN: 1, rows: 2 }])
  })
})

it('a part that a leader has closed late, of rows that the index has lost, is told of in the end', async () => {
  const { id } = await submit(TOTAL)
  const cold = freezing(manifests(), 'writePart')
  const zombie = begin({ manifests: cold.part, leases: cold.leases })
  await expect.poll(jobs).toBe(TOTAL)
  await publishAll(id, 0, 4)
  // The writer has them all, or reads them before it closes a part.
  await nextTurn()
  cold.freeze()
  await untilStopped(cold.frozen)
  await loseRedis()
  begin()
  await expect.poll(() => now.rebuilds).toHaveLength(2)
  cold.thaw()
  await zombie.stop()
  await cancel(id)
  await expect
    .poll(leaping(() => ledger().readReport(id)))
    .toMatchObject({ state: 'cancelled', counts: { published: 4, cancelled: TOTAL - 4 } })
  expect((await manifests().readIndex(id))?.parts).toMatchObject([{ firstN: 1, rows: 4 }])
})
