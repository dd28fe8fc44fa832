import { type CampaignId, isFault, RetryFault, type SceneRow } from '@sunpress/core'
import type { CampaignLedger } from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { createSceneReader } from './scene-reader.js'

const id = '01HF000000000000000000000A' as CampaignId
const rows: readonly SceneRow[] = [{ scene: 's=0' }, { scene: 's=1' }]

function readerOf(readPart: CampaignLedger['readPart']) {
  return createSceneReader({ readPart } as CampaignLedger)
}

describe('the reader of scenes', () => {
  it('reads a part once, also for rows that are asked for at the same time', async () => {
    let reads = 0
    const reader = readerOf(async () => {
      reads++
      return rows
    })
    const asked = await Promise.all([reader.row(id, 0), reader.row(id, 1), reader.row(id, 0)])
    expect(asked.map(({ scene }) => scene)).toEqual(['s=0', 's=1', 's=0'])
    expect(await reader.row(id, 1)).toEqual({ scene: 's=1' })
    expect(reads).toBe(1)
  })

  it('reads it again when it could not be read', async () => {
    const answers = [() => Promise.reject(new RetryFault('store_timeout', 'late')), async () => rows]
    const reader = readerOf(() => (answers.shift() ?? (async () => null))())
    const failed = await Promise.allSettled([reader.row(id, 0), reader.row(id, 1)])
    expect(failed.map((one) => one.status === 'rejected' && isFault(one.reason))).toEqual([true, true])
    expect(await reader.row(id, 0)).toEqual({ scene: 's=0' })
  })

  it('halts where the ledger does not hold the part', async () => {
    await expect(readerOf(async () => null).row(id, 0)).rejects.toMatchObject({ code: 'ledger_missing' })
  })
})
