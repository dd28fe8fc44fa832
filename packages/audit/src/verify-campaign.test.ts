import { type CampaignId, type CodeStore, nameCode, newCampaignId, RetryFault } from '@sunpress/core'
import { makeJpeg, makePng } from '@sunpress/image/testing'
import { markHealing } from '@sunpress/ledger'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from './finding.js'
import { recordReplacements } from './replacements.js'
import {
  APP,
  AT,
  appendRows,
  LOOK,
  openTestStore,
  PICTURE,
  print,
  publish,
  type TestStore,
} from './testing/printed-campaign.js'
import { isFaultless, isReadWhole, isSound, verifyCampaign } from './verify-campaign.js'

let store: TestStore
let findings: Finding[]

const keyOf = (scene: string): string => nameCode(APP, scene, LOOK).key

const verify = async (id: CampaignId, codes: CodeStore = store.codes) => {
  findings = []
  const report = await verifyCampaign({ ...store, codes }, id, {
    parallel: 4,
    onFinding: (finding) => findings.push(finding),
    onChecked: () => {},
    signal: new AbortController().signal,
  })
  if (report === null) throw new Error('no such campaign')
  return report
}

/** What no put would do. */
async function damage(scene: string, bytes: Uint8Array): Promise<void> {
  await store.codes.remove(keyOf(scene))
  await store.records.put(keyOf(scene), bytes)
}

beforeEach(() => {
  store = openTestStore()
})

describe('a verification', () => {
  it('finds nothing where all is as it was published', async () => {
    const report = await verify(await print(store, { scenes: ['s=1', 's=2', 's=3'], refused: [1] }))
    expect(report).toMatchObject({
      state: 'completed',
      total: 3,
      published: 2,
      refused: 1,
      unlisted: 0,
      ledger: [],
    })
    expect(isSound(report)).toBe(true)
    expect(findings).toEqual([])
  })

  it.each([
    ['corrupt', PICTURE.subarray(0, PICTURE.length - 1)],
    ['corrupt', new TextEncoder().encode('{"errcode":-1}')],
    ['wrong_type', makePng({ width: 280, height: 280 })],
    ['wrong_size', makeJpeg({ width: 430, height: 430 })],
    ['changed', makeJpeg({ width: 280, height: 280, seed: 7 })],
  ] as const)('finds a picture that is %s', async (kind, bytes) => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    await damage('s=2', bytes)
    const report = await verify(id)
    expect(findings).toMatchObject([
      { kind, index: 1, row: { scene: 's=2', page: LOOK.page }, key: keyOf('s=2') },
    ])
    expect(report.findings[kind]).toBe(1)
    expect(isSound(report)).toBe(false)
  })

  it('finds a picture that is missing', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    await store.codes.remove(keyOf('s=1'))
    await verify(id)
    expect(findings).toMatchObject([{ kind: 'missing', index: 0 }])
  })

  it('tells of pictures that nobody was told of, and calls the campaign sound', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2', 's=3'], cancelled: [1, 2] })
    await store.codes.put(keyOf('s=3'), { bytes: PICTURE, format: 'jpg', width: 280 })
    const report = await verify(id)
    expect(findings).toMatchObject([{ kind: 'orphan', index: 2 }])
    expect([report.unlisted, isSound(report)]).toEqual([2, true])
  })

  it('goes by the last row of a scene that was printed again', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'], refused: [1] })
    await appendRows(store, id, [await publish(store, id, 1, 3, 's=2')])
    const report = await verify(id)
    expect(report).toMatchObject({ published: 2, refused: 0 })
    expect(findings).toEqual([])
  })

  it('counts a refusal that a retry took back as cancelled where nobody came to its scene again, and waits for the end', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2', 's=3'], refused: [1, 2] })
    await store.campaigns.appendRetry({ id, app: APP }, {}, AT)
    await store.bits.writeRetry(id, 3, { seq: 1, upTo: 3, bits: Buffer.from([0b01100000]) })
    expect(await verify(id)).toMatchObject({ ended: false, state: null, unlisted: 2, ledger: [] })
    const counts = { total: 3, published: 1, reused: 0, refused: 0, cancelled: 2, pending: 0, skipped: 0 }
    await store.campaigns.writeReport({ v: 1, id, state: 'cancelled', counts, finishedAt: AT, retried: 1 })
    await store.codes.put(keyOf('s=3'), { bytes: PICTURE, format: 'jpg', width: 280 })
    const report = await verify(id)
    expect(report).toMatchObject({ published: 1, refused: 0, unlisted: 2, ledger: [] })
    expect(findings).toMatchObject([{ kind: 'orphan', index: 2 }])
    expect(findings[0]?.message).toContain('cancelled')
    expect(isSound(report)).toBe(true)
  })

  it('reads the closed parts of a campaign that has not ended, and never calls it sound', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2', 's=3'], cancelled: [1, 2] })
    await store.records.remove(`campaigns/${id}/report.json`)
    await store.codes.put(keyOf('s=3'), { bytes: PICTURE, format: 'jpg', width: 280 })
    const report = await verify(id)
    expect(report).toMatchObject({ ended: false, state: null, published: 1, unlisted: 2, ledger: [] })
    expect(findings).toEqual([])
    expect([isFaultless(report), isReadWhole(report), isSound(report)]).toEqual([true, false, false])
    await damage('s=1', PICTURE.subarray(0, PICTURE.length - 1))
    expect(isFaultless(await verify(id))).toBe(false)
    expect(findings).toMatchObject([{ kind: 'corrupt', index: 0 }])
  })

  it('takes a picture that was replaced for what it is', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    await damage('s=2', makeJpeg({ width: 280, height: 280, seed: 7 }))
    expect(isSound(await verify(id))).toBe(false)
    const healing = newCampaignId(1)
    const row = await publish(store, healing, 0, 1, 's=2')
    await appendRows(store, healing, [{ ...row, type: 'code.replaced' }])
    await markHealing(store.records, id, healing)
    expect(isSound(await verify(id))).toBe(true)
  })

  it('accepts what was replaced for whatever campaign of the same code', async () => {
    const one = await print(store, { scenes: ['s=1'] })
    const other = await print(store, { scenes: ['s=1'] })
    await damage('s=1', makeJpeg({ width: 280, height: 280, seed: 7 }))
    const healing = newCampaignId(1)
    const row = await publish(store, healing, 0, 1, 's=1')
    async function* rows() {
      yield row
    }
    await recordReplacements(store, { app: APP, id: healing }, rows())
    expect([isSound(await verify(one)), isSound(await verify(other))]).toEqual([true, true])
    await damage('s=1', makeJpeg({ width: 280, height: 280, seed: 8 }))
    expect(isSound(await verify(other))).toBe(false)
  })

  it('accepts what a heal printed that died before it could record it, for another campaign too', async () => {
    const id = await print(store, { scenes: ['s=1'] })
    await damage('s=1', makeJpeg({ width: 280, height: 280, seed: 7 }))
    const healing = await print(store, { scenes: ['s=1'] })
    const record = await store.campaigns.readCampaign(healing)
    await store.records.remove(`campaigns/${healing}/campaign.json`)
    if (record !== null) await store.campaigns.writeCampaign({ ...record, heals: newCampaignId(1) })
    expect(isSound(await verify(id))).toBe(true)
  })

  it.each([
    ['corrupt', PICTURE.subarray(0, PICTURE.length - 1)],
    ['wrong_size', makeJpeg({ width: 430, height: 430 })],
  ] as const)('finds what stands in the way of a refused scene: %s', async (kind, bytes) => {
    const id = await print(store, { scenes: ['s=1', 's=2'], refused: [1], reason: 'store_defect' })
    await store.records.put(keyOf('s=2'), bytes)
    const report = await verify(id)
    expect(findings).toMatchObject([{ kind, index: 1, key: keyOf('s=2'), sha256: expect.any(String) }])
    expect(isSound(report)).toBe(false)
    await damage('s=2', PICTURE)
    expect(isSound(await verify(id))).toBe(true)
    expect(findings).toMatchObject([{ kind: 'orphan' }])
  })

  it('says when the report and the manifest differ', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    await store.records.remove(`campaigns/${id}/manifest/part-1.ndjson`)
    expect((await verify(id)).ledger).toEqual([
      'published: the report says 2, the manifest holds 0',
      'cancelled: the report says 0, the manifest holds 2',
    ])
  })

  it('asks a store that stumbles again, and gives up on one that stays away', async () => {
    const id = await print(store, { scenes: ['s=1', 's=2'] })
    let fails = 3
    const read: CodeStore['read'] = async (key) => {
      if (fails-- > 0) throw new RetryFault('store_timeout', 'slow')
      return await store.codes.read(key)
    }
    expect(isSound(await verify(id, { ...store.codes, read }))).toBe(true)
    fails = Number.POSITIVE_INFINITY
    await expect(verify(id, { ...store.codes, read })).rejects.toMatchObject({ code: 'store_timeout' })
  })

  it('knows no campaign that is not in the ledger', async () => {
    await expect(verify('01M00000000000000000000000' as CampaignId)).rejects.toThrow('no such campaign')
  })
})
