// @ts-check
/** Rows that no file holds, for campaigns-feeder.mjs: made when they are asked for, most of them done by a checkpoint. */
import { DEFAULT_LOOK, newCampaignId, ROWS_PER_PART } from '@sunpress/core'
import { createBitsLedger } from '@sunpress/ledger'
import { APPID } from '../services/press.mjs'

/** @typedef {import('./campaigns-watch.mjs').Press} Press */

/** Every campaign has these rows, whatever its files hold. @param {Press} press @param {number} total */
export function makeRows({ ledger }, total) {
  /** Numbers of the parts, in the order in which they were read. @type {number[]} */
  const read = []
  /** @type {import('@sunpress/ledger').CampaignLedger} */
  const campaigns = {
    ...ledger,
    async readPart(_id, part) {
      read.push(part)
      const first = part * ROWS_PER_PART
      const rows = Math.min(ROWS_PER_PART, total - first)
      return Array.from({ length: rows }, (_, at) => ({ scene: `s=${first + at}` }))
    },
  }
  return { campaigns, read }
}

/** The campaign, and a checkpoint that leaves every `step`-th scene. @param {Press} press @param {number} total @param {number} step */
export async function writeCampaign({ ledger, stores }, total, step) {
  const id = newCampaignId(Date.now())
  const bits = Buffer.alloc(Math.ceil(total / 8))
  for (let at = 0; at < total; at++)
    if (at % step !== 0) bits[at >> 3] = (bits[at >> 3] ?? 0) | (0x80 >> (at & 7))
  const n = total - Math.ceil(total / step)
  await createBitsLedger(stores.records).writeCheckpoint(id, {
    ...{ n, published: n, reused: 0, refused: 0, retried: 0, bits },
  })
  await ledger.markOpen(id, APPID)
  await ledger.writeCampaign({
    ...{ v: 1, id, app: APPID, name: 'rows', priority: 5, badRows: 'refuse', source: { kind: 'range' } },
    ...{ look: { ...DEFAULT_LOOK, page: 'pages/index/index' }, total, skipped: 0 },
    createdAt: new Date().toISOString(),
  })
  return { id, left: total - n }
}
