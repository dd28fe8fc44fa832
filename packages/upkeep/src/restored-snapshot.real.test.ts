/** Redis comes back with an older snapshot in the middle of a leader's turn: its lease and its generation are as good as before. */
import type { CampaignId } from '@sunpress/core'
import { createLeases } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { freezing, known, untilStopped } from './testing/freezing.js'
import {
  appid,
  begin,
  bits,
  clock,
  index,
  indexesOf,
  jobs,
  leaping,
  ledger,
  manifests,
  now,
  publish,
  publishAll,
  redis,
  refuse,
  standing,
  stillClock,
  submit,
  takeSnapshot,
} from './testing/use-upkeep.js'

const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)
/** Nobody else leads meanwhile. */
const leases = createLeases(redis)
const AT = '2026-01-01T00:00:00Z'

/** With eight rows in a closed part. Gives what brings Redis back as it was then. */
async function cancelledAfterSnapshot(id: CampaignId): Promise<() => Promise<void>> {
  await expect.poll(jobs).toBe(20)
  await publishAll(id, 0, 8)
  await expect.poll(leaping(async () => (await indexesOf(id)).length)).toBe(8)
  const restore = await takeSnapshot()
  await ledger().appendControl(id, 'cancel', AT)
  await expect.poll(leaping(() => ledger().readOpenMark(id))).toBeNull()
  expect(await ledger().readReport(id)).toMatchObject({ state: 'cancelled', counts: { published: 8 } })
  return restore
}

describe('an older snapshot in the middle of a turn', () => {
  it('is told as what it is, whatever the turn finds out of place first', async () => {
    const { id } = await submit(20)
    const cold = freezing(index(), 'readEntries')
    begin({ index: cold.part, leases })
    await expect.poll(jobs).toBe(20)
    const restore = await takeSnapshot()
    await publishAll(id, 0, 8)
    await expect.poll(leaping(async () => (await indexesOf(id)).length)).toBe(8)
    cold.freeze()
    await untilStopped(cold.frozen)
    await restore()
    // A worker had it in hand: its row has a number that this leader has seen before.
    await publish(id, 8)
    cold.thaw()
    await expect.poll(() => now.rebuilds).toEqual(['no_generation', 'new_server'])
    expect((await standing(id))?.counts).toMatchObject({ published: 8, pending: 12 })
    await publishAll(id, 8, 20)
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({ counts: { published: 20 } })
    expect((await indexesOf(id)).toSorted((a, b) => a - b)).toEqual(upTo(20))
  })

  it('lets no picture be published that was found before, in a campaign that was cancelled meanwhile', async () => {
    const { id } = await submit(300)
    const cold = freezing(index(), 'publishMany')
    cold.freeze()
    begin({ index: cold.part, leases, codes: known(), clock: stillClock })
    await cold.frozen
    const restore = await takeSnapshot()
    await ledger().appendControl(id, 'cancel', '2026-01-01T00:00:00Z')
    await restore()
    cold.thaw()
    await expect
      .poll(leaping(() => ledger().readReport(id)))
      .toMatchObject({ state: 'cancelled', counts: { published: 0, cancelled: 300 } })
    expect(now.rebuilds).toEqual(['no_generation', 'new_server'])
  })

  it('decides no retry: refusals that it does not know of are printed again', async () => {
    const { id } = await submit(20)
    const cold = freezing(manifests(), 'readPart')
    begin({ manifests: cold.part, leases })
    await expect.poll(jobs).toBe(20)
    const restore = await takeSnapshot()
    for (const at of [1, 2]) await refuse(id, at)
    await expect.poll(leaping(async () => (await indexesOf(id)).length)).toBe(2)
    cold.freeze()
    await ledger().appendRetry({ id, app: appid }, {}, AT)
    const { generation } = await index().readGeneration(appid)
    if (generation !== null) await index().control(appid, generation, id, { seq: 1, state: 'running' })
    await cold.frozen
    await restore()
    cold.thaw()
    await expect
      .poll(leaping(() => standing(id)))
      .toMatchObject({ retried: 1, counts: { refused: 0, pending: 20 } })
    expect((await bits().readRetries(id, 20))[0]?.scenes.from(0, 20)).toEqual([1, 2])
    await publishAll(id, 0, 20)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 20, refused: 0 } })
  })

  it('closes no row behind the end of a campaign that was cancelled', async () => {
    const { id } = await submit(20)
    const cold = freezing(index(), 'readEntries')
    begin({ index: cold.part, leases })
    const restore = await cancelledAfterSnapshot(id)
    cold.freeze()
    await untilStopped(cold.frozen)
    await restore()
    // A worker had it in hand since before the cancel.
    await publish(id, 8)
    cold.thaw()
    await expect.poll(() => now.rebuilds).toEqual(['no_generation', 'new_server'])
    expect(await indexesOf(id)).toEqual(upTo(8))
  })

  it('has no row of it closed either when its leader is stopped just then', async () => {
    const { id } = await submit(20)
    let rest: (() => void) | null = null
    const resting: typeof clock = {
      ...clock,
      // Between two turns, which nobody wakes it from but its end.
      sleep: (ms, signal) => {
        if (rest === null || ms > 1_000) return clock.sleep(ms, signal)
        rest()
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      },
    }
    const upkeep = begin({ leases, clock: resting })
    const restore = await cancelledAfterSnapshot(id)
    await new Promise<void>((resolve) => {
      rest = resolve
    })
    await restore()
    await publish(id, 8)
    await upkeep.stop()
    expect(await indexesOf(id)).toEqual(upTo(8))
  })

  it('pauses for no canary in a campaign that was cancelled', async () => {
    const { id } = await submit(20, { canary: 3 })
    const cold = freezing(index(), 'readOpen')
    begin({ index: cold.part, leases })
    await expect.poll(jobs).toBe(3)
    cold.freeze()
    await cold.frozen
    await publishAll(id, 0, 3)
    const restore = await takeSnapshot()
    await ledger().appendControl(id, 'cancel', AT)
    await restore()
    cold.thaw()
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({ state: 'cancelled' })
    expect((await ledger().readControl(id)).map(({ command }) => command)).toEqual(['cancel'])
  })
})
