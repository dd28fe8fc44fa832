import { createHash } from 'node:crypto'
import type { Finding } from '@sunpress/audit'
import type { Plan } from '@sunpress/client'
import {
  type AppId,
  type CodeId,
  DEFAULT_LOOK,
  type Look,
  nameCode,
  newCampaignId,
  parseLook,
} from '@sunpress/core'
import {
  beginPurging,
  claimAuditMark,
  createBitsLedger,
  createCampaignLedger,
  createManifestLedger,
} from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { describe, expect, it } from 'vitest'
import { makeCampaign } from '../testing/make-campaign.js'
import { healCampaign, healingName, requestedLook } from './heal-campaign.js'
import type { Audit } from './open-audit.js'

const HALF = Buffer.from('half a pict')
const FINDING: Finding = {
  ...{ kind: 'corrupt', index: 0, row: { scene: 's=1' }, codeId: 'c' as CodeId, key: '', message: '' },
  sha256: createHash('sha256').update(HALF).digest('hex'),
}

it.each<Look>([
  { ...DEFAULT_LOOK, page: 'pages/a', checkPath: false, width: 280, lineColor: { r: 1, g: 2, b: 3 } },
  { ...DEFAULT_LOOK, page: null },
  { ...DEFAULT_LOOK, endpoint: 'limited', hyaline: true, format: 'png', autoColor: true, epoch: 7 },
  { ...DEFAULT_LOOK, endpoint: 'qrcode', width: 1_280 },
])('asks for the very look that was printed: %j', (look) => {
  const parsed = parseLook(requestedLook({ look }))
  expect(parsed).toEqual({ ok: true, value: look })
})

it('is called as what it heals, in characters that nobody has cut in two', () => {
  expect(healingName('shops')).toBe('heal shops')
  const long = healingName(`${'店'.repeat(94)}😀😀`)
  expect([[...long].length, long.isWellFormed(), long.endsWith('😀')]).toEqual([100, true, true])
})

describe('a heal', () => {
  const APP = 'wx0123456789abcdef' as AppId
  const look = { ...DEFAULT_LOOK, page: 'pages/index/index' }
  const id = newCampaignId(1)
  const { key } = nameCode(APP, 's=1', look)
  const clock = { now: () => 1, monotonic: () => 1, sleep: async () => {} }
  const bad = { ...FINDING, key }

  async function open() {
    const { codes, records } = openMemoryStore({ clock })
    const campaigns = createCampaignLedger(records)
    const [total, skipped, source] = [1, 0, { kind: 'scenes' } as const]
    const record = { v: 1, id, app: APP, name: 'shops', priority: 5, look, badRows: 'refuse' } as const
    await campaigns.writeCampaign({ ...record, source, total, skipped, createdAt: '2026-01-01T00:00:00Z' })
    await records.put(key, HALF)
    const [manifests, bits] = [createManifestLedger(records), createBitsLedger(records)]
    const audit: Audit = { campaigns, manifests, bits, codes, records, clock }
    return audit
  }

  function producer(change: Partial<Parameters<typeof healCampaign>[1]> = {}) {
    const asked: unknown[] = []
    const client: Parameters<typeof healCampaign>[1] = {
      getCampaign: async () => makeCampaign({ id }),
      planStream: async () => ({ invalidRows: 0 }) as Plan,
      streamCampaign: async (fields, { type, body }) => {
        let text = ''
        for await (const some of body) text += String(some)
        asked.push({ ...fields, type, rows: text.split('\n') })
        return makeCampaign()
      },
      ...change,
    }
    return { client, asked }
  }
  const heal = (audit: Audit, client: Parameters<typeof healCampaign>[1], force = false) =>
    healCampaign(audit, client, id, [bad], { force })
  const stands = async ({ codes }: Audit) => (await codes.stat(key)) !== null
  const away = () => Promise.reject(new Error('away'))

  it('moves the picture away and has it printed again, in the look that it had', async () => {
    const audit = await open()
    const { client, asked } = producer()
    expect(await heal(audit, client)).toMatchObject({ quarantined: 1 })
    expect(asked).toMatchObject([{ app: APP, heals: id, rows: ['{"scene":"s=1"}', ''] }])
    expect(await stands(audit)).toBe(false)
  })

  it('streams its rows: ten thousand with long captions are more than a JSON request may have', async () => {
    const audit = await open()
    const { client, asked } = producer()
    const row = { scene: 's=1', caption: '店'.repeat(500) }
    const gone = { ...bad, kind: 'missing', key: 'codes/none', sha256: null, row } as const
    await healCampaign(audit, client, id, Array<Finding>(10_000).fill(gone), { force: false })
    const [{ type, rows }] = asked as [{ type: string; rows: string[] }]
    expect([type, rows.length]).toEqual(['application/x-ndjson', 10_001])
  })

  it.each([
    ['is out of reach', { planStream: away }],
    ['does not know the campaign', { getCampaign: away }],
    ['could not print the scenes', { planStream: async () => ({ invalidRows: 1 }) as Plan }],
  ])('changes nothing when the producer %s', async (_name, change) => {
    const audit = await open()
    await expect(heal(audit, producer(change).client)).rejects.toThrow()
    expect([await stands(audit), (await audit.records.list('quarantine/')).keys]).toEqual([true, []])
  })

  it('leaves a picture that somebody else has replaced meanwhile', async () => {
    const audit = await open()
    await audit.records.put(key, new Uint8Array([1, 2]))
    const { client, asked } = producer()
    expect(await heal(audit, client)).toBeNull()
    expect([await stands(audit), asked]).toEqual([true, []])
  })

  it('waits for nobody while a purge of the app is at work, and changes nothing then', async () => {
    const audit = await open()
    await claimAuditMark(audit, APP, { work: 'purge', holder: 'a purge', force: false })
    await expect(heal(audit, producer().client)).rejects.toThrow('a purge')
    expect(await stands(audit)).toBe(true)
    expect(await heal(audit, producer().client, true)).not.toBeNull()
  })

  it('frees the app for the next one, also when it fails', async () => {
    const audit = await open()
    await expect(heal(audit, producer({ streamCampaign: away }).client)).rejects.toThrow('away')
    expect(await heal(audit, producer().client)).toMatchObject({ quarantined: 0 })
  })

  it('heals nothing of a campaign that was purged since it was verified', async () => {
    const audit = await open()
    await beginPurging(audit.records, id, '2026-01-01T00:00:00Z')
    await expect(heal(audit, producer().client)).rejects.toThrow('purged')
    expect(await stands(audit)).toBe(true)
  })
})
