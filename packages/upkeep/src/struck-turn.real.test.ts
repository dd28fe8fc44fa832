/**
 * Redis comes back with an older snapshot before each single call of a leader's turn: what the ledger says in the end is as was
 * commanded, and every scene stands in exactly one row that holds.
 */
import type { CampaignId } from '@sunpress/core'
import { retriedRows } from '@sunpress/ledger'
import { createLeases } from '@sunpress/redis'
import { expect, it } from 'vitest'
import type { UpkeepParts } from './parts.js'
import { freezing } from './testing/freezing.js'
import {
  appid,
  begin,
  bits,
  feed,
  index,
  indexesOf,
  jobs,
  leaping,
  ledger,
  manifests,
  publish,
  publishAll,
  redis,
  refuse,
  rowsOf,
  submit,
  takeSnapshot,
} from './testing/use-upkeep.js'

const TOTAL = 12
const AT = '2026-01-01T00:00:00Z'
const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)

const PORTS = { index, campaigns: ledger, manifests, bits }
const CALLS: { [Port in keyof typeof PORTS]: (keyof ReturnType<(typeof PORTS)[Port]>)[] } = {
  index: [
    ...(['readGeneration', 'readOpen', 'readCampaigns', 'readEntries', 'confirm', 'closeRows'] as const),
    ...(['readCampaign', 'takeUnheard', 'clearRefused', 'finish'] as const),
  ],
  campaigns: ['readControl', 'readReport', 'readCampaign', 'writeReport', 'closeEnded'],
  manifests: ['listParts', 'readPart', 'writePart', 'writeIndex'],
  bits: ['readRetry', 'readRetries', 'writeRetry'],
}
const EACH = Object.entries(CALLS).flatMap(([port, names]) => names.map((name) => ({ port, name })))

/** Its lease is as good as before: nobody else has led since the snapshot. */
function neverLost(): UpkeepParts['leases'] {
  const real = createLeases(redis)
  let fence: number | null = null
  return {
    ...real,
    async claim(...args) {
      fence ??= await real.claim(...args)
      return fence
    },
  }
}

async function command(id: CampaignId, name: 'retry' | 'cancel'): Promise<void> {
  if (name === 'retry') await ledger().appendRetry({ id, app: appid }, {}, AT)
  else await ledger().appendControl(id, name, AT)
  const state = name === 'retry' ? 'running' : 'cancelled'
  const { generation } = await index().readGeneration(appid)
  if (generation !== null) await index().control(appid, generation, id, { seq: 1, state })
}

/** As workers do: whatever is wanted. */
async function printAll(id: CampaignId): Promise<void> {
  const { generation } = await index().readGeneration(appid)
  if (generation === null) return
  for (const at of upTo(TOTAL)) {
    const scene = { app: appid, campaign: id, generation, index: at }
    if ((await feed().check(scene)) === 'open') await publish(id, at)
  }
}

async function expectWhole(id: CampaignId): Promise<void> {
  const rows = await rowsOf(id)
  const isOld = retriedRows(await bits().readRetries(id, TOTAL))
  const holding = rows.filter((row) => !isOld(row))
  const { counts } = (await ledger().readReport(id)) ?? {}
  expect(rows.map(({ n }) => n)).toEqual(upTo(rows.length).map((at) => at + 1))
  expect((await manifests().readIndex(id))?.parts.reduce((sum, part) => sum + part.rows, 0)).toBe(rows.length)
  expect(new Set(holding.map((row) => row.index)).size).toBe(holding.length)
  expect(counts?.published).toBe(holding.filter(({ type }) => type === 'code.published').length)
  expect(counts?.refused).toBe(holding.filter(({ type }) => type === 'code.refused').length)
}

it.each(EACH)('struck before $name of $port', async ({ port, name }) => {
  const [{ id }, { id: other }] = [await submit(TOTAL), await submit(TOTAL)]
  const cold = freezing(PORTS[port as keyof typeof PORTS]() as object, name as never)
  begin({ [port]: cold.part, leases: neverLost() })
  await expect.poll(jobs).toBe(2 * TOTAL)
  const restore = await takeSnapshot()
  await publishAll(id, 0, 4)
  for (const at of [4, 5]) await refuse(id, at)
  await publishAll(other, 0, 4)
  await expect.poll(leaping(async () => (await indexesOf(id)).length)).toBe(6)
  await command(other, 'cancel')
  await expect.poll(leaping(() => ledger().readOpenMark(other))).toBeNull()
  cold.freeze()
  await command(id, 'retry')
  let isStruck = false
  void cold.frozen.then(() => {
    isStruck = true
  })
  const going = leaping(() => printAll(id))
  await expect.poll(() => going().then(() => isStruck)).toBe(true)
  await restore()
  // Workers had these in hand.
  for (const each of [id, other]) await publish(each, 11)
  cold.thaw()
  await expect
    .poll(() => going().then(() => ledger().readReport(id)))
    .toMatchObject({ state: 'completed', counts: { published: TOTAL, refused: 0 }, retried: 1 })
  await expect.poll(leaping(() => ledger().readOpenMark(id))).toBeNull()
  expect(await ledger().readReport(other)).toMatchObject({ state: 'cancelled', counts: { published: 4 } })
  for (const each of [id, other]) await expectWhole(each)
  expect(await ledger().readOpenMark(other)).toBeNull()
})
