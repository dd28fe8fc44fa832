import {
  type AppId,
  type CampaignRecord,
  DEFAULT_LOOK,
  type Look,
  nameCode,
  newCampaignId,
  type RawRow,
  type Records,
  WaitFault,
} from '@sunpress/core'
import { createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import { type CountedItem, parameterSet } from '@sunpress/quota'
import { openMemoryStore } from '@sunpress/storage'
import { describe, expect, it } from 'vitest'
import { type PlanParts, planCampaign } from './plan-campaign.js'

const NOW_MS = Date.parse('2026-03-01T12:00:00Z')
const app = 'wx0123456789abcdef' as AppId
const look = { ...DEFAULT_LOOK, page: 'pages/index/index' }
const draft = { app, name: null, priority: 5, look, badRows: 'refuse' } as const
const rowsOf = (scenes: readonly string[]): RawRow[][] => [
  scenes.map((scene, index) => ({
    at: { pointer: `/scenes/${index}`, bare: true },
    fields: { scene },
    defects: [],
  })),
]

function storeOf(has: (scene: string) => boolean, scenes: readonly string[], bytes = 50_000) {
  const keys = new Set(scenes.filter(has).map((scene) => nameCode(app, scene, look).key))
  const asked: string[] = []
  const stat = async (key: string) => {
    asked.push(key)
    return keys.has(key) ? { key, bytes, closedAtMs: 0 } : null
  }
  return { stat, asked }
}

const LIFETIME = { known: 0, fresh: 0, usedAfter: 0, limit: 100_000, whole: true }

function partsOf(stat: PlanParts['codes']['stat'] = storeOf(() => false, []).stat) {
  const { records } = openMemoryStore({ clock: { now: () => 0 } })
  const counted: CountedItem[] = []
  const parts: PlanParts = {
    ...{ codes: { stat }, clock: { now: () => NOW_MS } },
    ...{ campaigns: createCampaignLedger(records), manifests: createManifestLedger(records) },
    async planLifetime(_app, sets) {
      for await (const set of sets) counted.push(set)
      return LIFETIME
    },
  }
  return { parts, counted, records }
}

describe('the plan of a campaign', () => {
  it('counts rows, bad ones, repeats and what is published', async () => {
    const scenes = ['s=1', 's=2', 's=2', 'not a scene', 's=3']
    const { stat } = storeOf((scene) => scene === 's=3', scenes)
    expect(await planCampaign(partsOf(stat).parts, draft, rowsOf(scenes))).toMatchObject({
      ...{ rows: 4, invalidRows: 1, duplicates: 1, alreadyPublished: 1, calls: 2, estimated: false },
      ...{ bytesEach: 50_000, bytesBy: 'pictures', errors: [{ pointer: '/scenes/3' }], lifetime: null },
    })
  })

  it('counts each row of a limited endpoint for the lifetime, as its guard does, and none of the other lane', async () => {
    const { parts, counted } = partsOf()
    const limited = { ...draft, look: { ...DEFAULT_LOOK, endpoint: 'limited', epoch: 7 } as const }
    const paths = Array.from({ length: 2_500 }, (_, n) => `pages/a?n=${n}`)
    const plan = await planCampaign(parts, limited, rowsOf([...paths, ...paths]))
    expect(plan.lifetime).toBe(LIFETIME)
    expect(counted.length).toBe(5_000)
    expect(counted[0]).toEqual(parameterSet({ scene: 'pages/a?n=0', look: limited.look }))
    await planCampaign(parts, draft, rowsOf(['s=1']))
    expect(counted.length).toBe(5_000)
  })

  it('says nothing of the lifetime while that can’t be known, and goes on', async () => {
    const { parts } = partsOf()
    const limited = { ...draft, look: { ...DEFAULT_LOOK, endpoint: 'limited' } as const }
    const paths = Array.from({ length: 2_500 }, (_, n) => `pages/a?n=${n}`)
    const planLifetime = () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1_000))
    expect(await planCampaign({ ...parts, planLifetime }, limited, rowsOf(paths))).toMatchObject({
      ...{ rows: 2_500, lifetime: null },
    })
    const broken = () => Promise.reject(new Error('a bug'))
    const plan = planCampaign({ ...parts, planLifetime: broken }, limited, rowsOf(paths))
    await expect(plan).rejects.toThrow('a bug')
  })

  it('samples what is published where there are many', async () => {
    const scenes = Array.from({ length: 30_000 }, (_, n) => `s=${n}`)
    const { stat, asked } = storeOf((scene) => Number(scene.slice(2)) % 2 === 0, scenes)
    const plan = await planCampaign(partsOf(stat).parts, draft, rowsOf(scenes))
    expect(plan).toMatchObject({ rows: 30_000, estimated: true })
    expect(asked.length).toBeLessThan(10_400)
    expect(plan.calls + plan.alreadyPublished).toBe(30_000)
    expect(plan.alreadyPublished / 30_000).toBeCloseTo(0.5, 1)
  })
})

describe('the size of pictures that are not printed yet', () => {
  const png = { ...look, hyaline: true, format: 'png' } as const

  /** A campaign of so many minutes ago that printed three of them, and refused one. */
  async function printed(records: Records, ago: number, of: Look, bytes: number, appid = app) {
    const id = newCampaignId(NOW_MS - ago * 60_000)
    const record = { v: 1, id, app: appid, look: of } as CampaignRecord
    await createCampaignLedger(records).writeCampaign(record)
    const rows = [bytes - 1, bytes, bytes + 1].map((each) => ({ type: 'code.published', bytes: each }))
    const lines = [...rows, { type: 'code.refused' }].map((row, at) => JSON.stringify({ ...row, n: at + 1 }))
    await createManifestLedger(records).writePart(id, 1, lines)
  }
  const sizeOf = async (parts: PlanParts, of: Look = look) => {
    const { bytesEach, bytesBy } = await planCampaign(parts, { ...draft, look: of }, rowsOf(['s=1']))
    return [bytesBy, bytesEach]
  }

  it('is by a formula of the format where the app has none', async () => {
    const { parts } = partsOf()
    expect(await sizeOf(parts)).toEqual(['formula', 55_000])
    expect(await sizeOf(parts, png)).toEqual(['formula', 30_000])
    const [, large] = await sizeOf(parts, { ...look, width: 1280 })
    expect(large).toBeGreaterThan(174_000)
    expect(large).toBeLessThan(336_000)
    const [, largePng] = await sizeOf(parts, { ...png, width: 1280 })
    expect(largePng).toBeGreaterThan(93_000)
    expect(largePng).toBeLessThan(105_000)
  })

  it('is that of the app’s last ones of the same format and width, whatever else they look like', async () => {
    const { parts, records } = partsOf()
    await printed(records, 50, look, 40_000)
    await printed(records, 40, { ...look, page: 'pages/other', epoch: 3, autoColor: true }, 41_000)
    await printed(records, 30, { ...look, width: 1280 }, 200_000)
    await printed(records, 20, png, 90_000)
    await printed(records, 15, { ...look, endpoint: 'qrcode', page: null }, 9_000)
    await printed(records, 10, look, 70_000, 'wx0123456789abcde0' as AppId)
    expect(await sizeOf(parts, { ...look, epoch: 9 })).toEqual(['recent', 41_000])
    expect(await sizeOf(parts, png)).toEqual(['recent', 90_000])
    expect(await sizeOf(parts, { ...look, width: 300 })).toEqual(['formula', 33_226])
  })

  it('is that of an older campaign where files of the last can’t be read, or nothing was printed yet', async () => {
    const { parts, records } = partsOf()
    await printed(records, 50, look, 40_000)
    const broken = newCampaignId(NOW_MS - 20 * 60_000)
    await records.put(`campaigns/${broken}/campaign.json`, Buffer.from('{"v":1'))
    const empty = { v: 1, id: newCampaignId(NOW_MS - 60_000), app, look } as CampaignRecord
    await createCampaignLedger(records).writeCampaign(empty)
    expect(await sizeOf(parts)).toEqual(['recent', 40_000])
  })
})
