/** Redis comes back with an older snapshot in the middle of a leader's turn: its lease and its generation are as good as before. */
import { createLeases } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { freezing, known, untilStopped } from './testing/freezing.js'
import {
  begin,
  index,
  indexesOf,
  jobs,
  leaping,
  ledger,
  now,
  publish,
  publishAll,
  redis,
  standing,
  stillClock,
  submit,
  takeSnapshot,
} from './testing/use-upkeep.js'

const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)
/** Nobody else leads meanwhile. */
const leases = createLeases(redis)

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
})
