/** Commands that come when a retry has opened a campaign again, and has not given it its rows yet. */
import type { CampaignId } from '@sunpress/core'
import { createLeases } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { freezing, untilStopped } from './testing/freezing.js'
import {
  appid,
  begin,
  bits,
  index,
  jobs,
  leaping,
  ledger,
  nextTurn,
  now,
  publish,
  publishAll,
  redis,
  refuse,
  standing,
  submit,
} from './testing/use-upkeep.js'

const AT = '2026-01-01T00:00:00Z'
type Command = 'pause' | 'resume' | 'cancel'
const LEADS_TO = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const

/** As the API does: `retry` is the last one that it has read of. */
async function command(id: CampaignId, name: Command, { retry }: { retry: number }): Promise<void> {
  const { seq } = await ledger().appendControl(id, name, AT)
  const { generation } = await index().readGeneration(appid)
  if (generation !== null) await index().control(appid, generation, id, { seq, state: LEADS_TO[name], retry })
}

/** Completed with one refusal, and opened again: the leader stands still before it gives the scene back. */
async function reopened(): Promise<{ id: CampaignId; thaw: () => void }> {
  const { id } = await submit(3)
  const cold = freezing(index(), 'clearRefused')
  begin({ index: cold.part, leases: createLeases(redis) })
  await expect.poll(jobs).toBe(3)
  await publishAll(id, 0, 2)
  await refuse(id, 2)
  await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
  cold.freeze()
  await ledger().appendRetry({ id, app: appid }, {}, AT)
  await index().tellUnheard(appid, id)
  await cold.frozen
  expect(await standing(id)).toMatchObject({ state: 'running', counts: { refused: 1, pending: 0 } })
  return { id, thaw: cold.thaw }
}

describe('behind a retry', () => {
  it('a pause holds before there is a row', async () => {
    const { id, thaw } = await reopened()
    await command(id, 'pause', { retry: 1 })
    expect(await standing(id)).toMatchObject({ state: 'paused' })
    thaw()
    await expect
      .poll(() => standing(id))
      .toMatchObject({ state: 'paused', counts: { refused: 0, pending: 1 } })
  })

  it.each([
    ['knew of it', 1],
    ['did not know of it', 0],
  ])('a pause lasts until a resume, when its caller %s', async (_, retry) => {
    const { id, thaw } = await reopened()
    await command(id, 'pause', { retry })
    thaw()
    await expect
      .poll(() => standing(id))
      .toMatchObject({ state: 'paused', retried: 1, counts: { pending: 1 } })
    const seenMs = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(seenMs + 5 * 61_000)
    expect([await standing(id), await ledger().readReport(id)]).toMatchObject([
      { state: 'paused' },
      { counts: { refused: 1 } },
    ])
    await command(id, 'resume', { retry: 1 })
    await expect.poll(leaping(() => publish(id, 2))).toBe('published')
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({
      ...{ state: 'completed', counts: { published: 3, refused: 0 } },
    })
  })

  it.each([
    ['knew of it', 1],
    ['did not know of it', 0],
  ])('a cancel cancels its rows, and none of them is printed, when its caller %s', async (_, retry) => {
    const { id, thaw } = await reopened()
    await command(id, 'cancel', { retry })
    thaw()
    await expect.poll(leaping(() => ledger().readReport(id))).toMatchObject({
      ...{ state: 'cancelled', counts: { published: 2, refused: 0, cancelled: 1, pending: 0 } },
    })
    expect(await publish(id, 2)).not.toBe('published')
  })

  it('a cancel holds at once, though the retry means none', async () => {
    const { id } = await submit(1)
    const cold = freezing(bits(), 'writeRetry')
    begin({ bits: cold.part, leases: createLeases(redis) })
    await expect.poll(jobs).toBe(1)
    await refuse(id, 0)
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    cold.freeze()
    await ledger().appendRetry({ id, app: appid }, { errcodes: [-1] }, AT)
    await index().tellUnheard(appid, id)
    await cold.frozen
    await command(id, 'cancel', { retry: 1 })
    cold.thaw()
    expect(await standing(id)).toMatchObject({ state: 'cancelled' })
    await expect
      .poll(() => ledger().readReport(id))
      .toMatchObject({
        ...{ state: 'cancelled', counts: { refused: 1, cancelled: 0 }, retried: 1 },
      })
  })
})

it('a command that comes while the index is built anew, and its leader has read the log, holds before a row is fed', async () => {
  const { id } = await submit(3)
  const cold = freezing(index(), 'finishRebuild')
  cold.freeze()
  begin({ index: cold.part, leases: createLeases(redis) })
  await untilStopped(cold.frozen)
  await ledger().appendControl(id, 'pause', AT)
  await index().tellUnheard(appid, id)
  cold.thaw()
  await expect.poll(() => standing(id)).toMatchObject({ state: 'paused' })
  await nextTurn()
  expect(await standing(id)).toMatchObject({ state: 'paused', cursor: 0 })
  expect(await jobs()).toBe(0)
})
