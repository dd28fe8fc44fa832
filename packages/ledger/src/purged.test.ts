import { type AppId, newCampaignId, type Records } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { createCampaignLedger } from './campaigns.js'
import { beginPurging, endPurging, isPurged, readPurged, readPurging, writePurged } from './purged.js'

const APP = 'wx0123456789abcdef' as AppId
const AT = '2026-01-01T00:00:00.000Z'
const id = newCampaignId(1)
const counts = { total: 1, published: 0, reused: 0, refused: 1, cancelled: 0, pending: 0, skipped: 0 }
let records: Records

const retry = (ledger = createCampaignLedger(records)) => ledger.appendRetry({ id, app: APP }, {}, AT)

beforeEach(async () => {
  records = openMemoryStore({ clock: Date }).records
  await createCampaignLedger(records).writeReport({ v: 1, id, state: 'completed', counts, finishedAt: AT })
})

describe('a purge', () => {
  it('is known from its first mark on, and keeps what was written first', async () => {
    expect(await isPurged(records, id)).toBe(false)
    await beginPurging(records, id, AT)
    await beginPurging(records, id, '2027-01-01T00:00:00.000Z')
    expect([await isPurged(records, id), (await readPurging(records, id))?.at]).toEqual([true, AT])
    await writePurged(records, id, { at: AT, withdrawn: 2, shared: 1 })
    await writePurged(records, id, { at: AT, withdrawn: 0, shared: 0 })
    await endPurging(records, id)
    expect(await isPurged(records, id)).toBe(true)
    expect(await readPurged(records, id)).toEqual({ v: 1, at: AT, withdrawn: 2, shared: 1 })
  })
})

describe('a retry', () => {
  it('opens a campaign that is not purged', async () => {
    const ledger = createCampaignLedger(records)
    expect(await retry()).toMatchObject({ seq: 1, command: 'retry' })
    expect([await ledger.hasEnded(id), (await ledger.readOpenMark(id))?.app]).toEqual([false, APP])
  })

  it('opens none that is purged, and leaves no mark', async () => {
    await beginPurging(records, id, AT)
    const ledger = createCampaignLedger(records)
    expect(await retry()).toBeNull()
    expect([await ledger.readControl(id), await ledger.readOpenMark(id)]).toEqual([[], null])
  })

  it('opens none whose purge begins while it is written: for all that read the log it has ended', async () => {
    const ledger = createCampaignLedger(records)
    const appendControl: typeof ledger.appendControl = async (...given) => {
      await beginPurging(records, id, AT)
      return await ledger.appendControl(...given)
    }
    expect(await retry({ ...ledger, appendControl })).toBeNull()
    expect(await ledger.hasEnded(id)).toBe(true)
    await ledger.closeEnded(id, APP)
    expect(await ledger.readOpenMark(id)).toBeNull()
  })
})
