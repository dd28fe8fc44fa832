import { type AppId, type CampaignReport, newCampaignId, type Records } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { createCampaignLedger } from './campaigns.js'
import { createManifestLedger } from './manifests.js'
import { readReport, writeReport } from './reports.js'

const id = newCampaignId(1)
const counts = { total: 4, published: 2, reused: 0, refused: 2, cancelled: 0, pending: 0, skipped: 0 }
const reportOf = (retried: number, changes: Partial<CampaignReport> = {}): CampaignReport => ({
  ...{ v: 1, id, state: 'completed', counts, finishedAt: `2026-01-0${retried + 1}T00:00:00.000Z`, retried },
  ...changes,
})
let records: Records
const names = async (folder = '') =>
  (await records.list(`campaigns/${id}/${folder}`)).keys.map((key) => key.split('/').at(-1))

beforeEach(() => {
  records = openMemoryStore({ clock: Date }).records
})

describe('the report', () => {
  it('of each end stands under its own name, and that of the last one counts', async () => {
    expect(await readReport(records, id)).toBeNull()
    for (const retried of [0, 2, 10]) {
      expect(await writeReport(records, reportOf(retried))).toEqual(reportOf(retried))
      expect(await readReport(records, id)).toEqual(reportOf(retried))
    }
    expect(await names()).toEqual(['report-10.json', 'report-2.json', 'report.json'])
  })

  it('of the first end is report.json, whatever retries it knows of', async () => {
    await writeReport(records, reportOf(3))
    expect(await names()).toEqual(['report.json'])
  })

  it('stays as it was written first: who ends a campaign again is given it', async () => {
    await writeReport(records, reportOf(1))
    const again = reportOf(1, { finishedAt: '2027-01-01T00:00:00.000Z' })
    expect(await writeReport(records, again)).toEqual(reportOf(1))
    expect(await readReport(records, id)).toEqual(reportOf(1))
  })

  it('of an earlier end that comes late is not written', async () => {
    await writeReport(records, reportOf(0))
    await writeReport(records, reportOf(2))
    for (const retried of [0, 1]) expect(await writeReport(records, reportOf(retried))).toEqual(reportOf(2))
    expect(await names()).toEqual(['report-2.json', 'report.json'])
  })

  it('of a cancelled campaign is the last', async () => {
    await writeReport(records, reportOf(0, { state: 'cancelled' }))
    expect(await writeReport(records, reportOf(1))).toMatchObject({ state: 'cancelled' })
    expect(await names()).toEqual(['report.json'])
  })

  it('that another leader writes at the same moment is kept', async () => {
    const late: Records = {
      ...records,
      putIfAbsent: async (key, bytes) => {
        await writeReport(records, reportOf(1))
        return await records.putIfAbsent(key, bytes)
      },
    }
    expect(await writeReport(late, reportOf(0))).toEqual(reportOf(1))
    expect(await names()).toEqual(['report.json'])
  })

  it('of a release that wrote each end over the one before still counts', async () => {
    await writeReport(records, reportOf(2))
    await records.put(`campaigns/${id}/report-1.json`, Buffer.from(JSON.stringify(reportOf(1))))
    expect(await readReport(records, id)).toEqual(reportOf(2))
  })
})

it('an end that comes late leaves the open mark of a campaign that is open again where it is', async () => {
  const removed: string[] = []
  const ledger = createCampaignLedger({
    ...records,
    remove: async (key) => {
      removed.push(key)
      await records.remove(key)
    },
  })
  const app = 'wx0123456789abcdef' as AppId
  await ledger.writeReport(reportOf(0))
  await ledger.appendRetry({ id, app }, {}, '2026-01-01T00:00:00Z')
  await ledger.closeEnded(id, app)
  expect([removed, await ledger.readOpenMark(id)]).toEqual([[], { v: 1, app }])
  await ledger.writeReport(reportOf(1))
  await ledger.closeEnded(id, app)
  expect(await ledger.readOpenMark(id)).toBeNull()
})

describe('the index of a manifest', () => {
  const manifests = () => createManifestLedger(records)
  const three = [{ firstN: 1, rows: 3 }]
  const four = [...three, { firstN: 4, rows: 1 }]

  it('of each end that has more rows stands under its own name, and names all parts', async () => {
    expect(await manifests().readIndex(id)).toBeNull()
    for (const parts of [[], three, four]) {
      await manifests().writeIndex(id, parts)
      expect(await manifests().readIndex(id)).toEqual({ v: 1, parts })
    }
    expect(await names('manifest/')).toEqual(['index-3.json', 'index-4.json', 'index.json'])
  })

  it('of an earlier end that comes late, or of the same one again, is not written', async () => {
    await manifests().writeIndex(id, four)
    await manifests().writeIndex(id, three)
    await manifests().writeIndex(id, four)
    expect(await names('manifest/')).toEqual(['index.json'])
    expect(await manifests().readIndex(id)).toEqual({ v: 1, parts: four })
  })

  it('is no part of it', async () => {
    await manifests().writeIndex(id, three)
    await manifests().writeIndex(id, four)
    expect(await manifests().listParts(id)).toEqual([])
  })
})
