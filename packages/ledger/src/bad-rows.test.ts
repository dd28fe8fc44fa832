import type { CampaignId, Records } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createCampaignLedger } from './campaigns.js'

const ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV' as CampaignId
const ROW = {
  line: 3,
  errors: [{ line: 3, field: 'scene', rule: 'alphabet', value: 'x y', message: 'scene: expected …' }],
}

function createFakeRecords(): Records {
  const files = new Map<string, Uint8Array>()
  return {
    put: async (key: string, bytes: Uint8Array) => void files.set(key, bytes),
    read: async (key: string) => files.get(key) ?? null,
  } as Partial<Records> as Records
}

describe('bad rows in the ledger', () => {
  it('come back as they were written, file by file', async () => {
    const ledger = createCampaignLedger(createFakeRecords())
    await ledger.writeBadRows(ID, 0, [ROW, { ...ROW, line: 4 }])
    await ledger.writeBadRows(ID, 1, [{ ...ROW, line: 9 }])
    expect(await ledger.readBadRows(ID, 0)).toEqual([ROW, { ...ROW, line: 4 }])
    expect(await ledger.readBadRows(ID, 1)).toEqual([{ ...ROW, line: 9 }])
    expect(await ledger.readBadRows(ID, 2)).toBeNull()
  })

  it('of a newer release are not guessed at', async () => {
    const records = createFakeRecords()
    await records.put(`campaigns/${ID}/scenes/badrows-0.ndjson`, Buffer.from('{"v":2}\n'))
    await expect(createCampaignLedger(records).readBadRows(ID, 0)).rejects.toThrow('upgrade first')
  })
})
