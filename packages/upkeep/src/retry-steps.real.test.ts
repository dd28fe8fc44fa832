/** A retry of a campaign with more parts than one turn reads. */
import type { CampaignId, CampaignRecord } from '@sunpress/core'
import { expect, it } from 'vitest'
import type { UpkeepParts } from './parts.js'
import { PARTS_A_STEP } from './refused-search.js'
import {
  appid,
  begin,
  bits,
  index,
  jobs,
  leaping,
  ledger,
  manifests,
  now,
  publish,
  standing,
  submit,
  waitingIndexes,
} from './testing/use-upkeep.js'

const PARTS = 6 * PARTS_A_STEP
const REFUSED = [3, 40, 41, PARTS - 1]

/** A campaign that has ended, of which each row stands in a part of its own. */
async function endedWith(refused: readonly number[]): Promise<CampaignRecord> {
  const campaign = await submit(PARTS)
  const { id } = campaign
  for (let at = 0; at < PARTS; at++) {
    const isRefused = refused.includes(at)
    const outcome = isRefused ? { type: 'code.refused', errcode: 41030 } : { type: 'code.published' }
    const row = { v: 1, id: `${id}.${at}`, index: at, n: at + 1, reason: 'no', reused: false, ...outcome }
    await manifests().writePart(id, at + 1, [JSON.stringify(row)])
  }
  const facts = { total: PARTS, reused: 0, cancelled: 0, pending: 0, skipped: 0 }
  const counts = { ...facts, published: PARTS - refused.length, refused: refused.length }
  const finishedAt = '2026-01-01T00:00:00Z'
  await ledger().writeReport({ v: 1, id, state: 'completed', counts, finishedAt, retried: 0 })
  await ledger().unmarkOpen(id)
  return campaign
}

const retry = async (id: CampaignId): Promise<void> => {
  await ledger().appendRetry({ id, app: appid }, {}, '2026-01-01T00:00:00Z')
  await index().tellUnheard(appid, id)
}

/** Calls `seen` before a part is read for the search: when the campaign was opened again, each was read once before. */
function watching(seen: (firstN: number) => Promise<void>): { manifests: UpkeepParts['manifests'] } {
  const real = manifests()
  const times = new Map<number, number>()
  return {
    manifests: {
      ...real,
      async readPart(id, firstN) {
        times.set(firstN, (times.get(firstN) ?? 0) + 1)
        if (times.get(firstN) === 2) await seen(firstN)
        return await real.readPart(id, firstN)
      },
    },
  }
}

it('feeds its app while it is searched for what it means, and means it all the same', async () => {
  const { id } = await endedWith(REFUSED)
  let fed = 0
  let before: unknown = null
  begin(
    watching(async (firstN) => {
      if (firstN === PARTS_A_STEP) {
        const { generation } = await index().readGeneration(appid)
        const other = await submit(5)
        if (generation !== null) await index().open(generation, other)
      }
      if (firstN === PARTS) {
        fed = await jobs()
        before = await standing(id)
      }
    }),
  )
  await expect.poll(async () => (await index().readGeneration(appid)).generation).not.toBeNull()
  await retry(id)
  await expect.poll(() => standing(id)).toMatchObject({ retried: 1, state: 'running' })
  expect(fed).toBe(5)
  expect(before).toMatchObject({ retried: 0, counts: { refused: REFUSED.length, pending: 0 } })
  expect((await standing(id))?.counts).toMatchObject({ refused: 0, pending: REFUSED.length })
  const [decided] = await bits().readRetries(id, PARTS)
  expect(decided?.upTo).toBe(PARTS)
  expect(decided?.scenes.from(0, PARTS)).toEqual(REFUSED)
  await expect.poll(leaping(async () => (await waitingIndexes()).length)).toBe(5 + REFUSED.length)
})

it('is searched for anew by another leader, and decided once', async () => {
  const { id } = await endedWith(REFUSED)
  let inTheMiddle = (): void => {}
  const middle = new Promise<void>((resolve) => {
    inTheMiddle = resolve
  })
  const first = begin(watching(async (firstN) => (firstN === 2 * PARTS_A_STEP ? inTheMiddle() : undefined)))
  await expect.poll(async () => (await index().readGeneration(appid)).generation).not.toBeNull()
  await retry(id)
  await middle
  await first.stop()
  expect(await bits().listRetries(id)).toEqual([])
  expect(await standing(id)).toMatchObject({ retried: 0, counts: { refused: REFUSED.length } })
  begin()
  await expect.poll(leaping(() => standing(id))).toMatchObject({ retried: 1, counts: { refused: 0 } })
  const [decided, ...more] = await bits().readRetries(id, PARTS)
  expect(more).toEqual([])
  expect(decided?.scenes.from(0, PARTS)).toEqual(REFUSED)
  for (const at of REFUSED) await publish(id, at)
  await expect
    .poll(() => ledger().readReport(id))
    .toMatchObject({ counts: { published: PARTS, refused: 0 }, retried: 1 })
  expect(now.rebuilds).toEqual(['no_generation'])
})
