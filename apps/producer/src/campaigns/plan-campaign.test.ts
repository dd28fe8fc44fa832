import { type AppId, DEFAULT_LOOK, nameCode, type RawRow } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { planCampaign } from './plan-campaign.js'

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

describe('the plan of a campaign', () => {
  it('counts rows, bad ones, repeats and what is published', async () => {
    const scenes = ['s=1', 's=2', 's=2', 'not a scene', 's=3']
    const { stat } = storeOf((scene) => scene === 's=3', scenes)
    expect(await planCampaign({ stat }, draft, rowsOf(scenes))).toMatchObject({
      ...{ rows: 4, invalidRows: 1, duplicates: 1, alreadyPublished: 1, calls: 2, estimated: false },
      ...{ bytesEach: 50_000, bytesSeen: true, errors: [{ pointer: '/scenes/3' }] },
    })
  })

  it('assumes the size of pictures where it has seen none', async () => {
    const { stat } = storeOf(() => false, [])
    const plan = await planCampaign({ stat }, draft, rowsOf(['s=1']))
    expect(plan).toMatchObject({ bytesSeen: false, bytesEach: 55_000 })
  })

  it('samples what is published where there are many', async () => {
    const scenes = Array.from({ length: 30_000 }, (_, n) => `s=${n}`)
    const { stat, asked } = storeOf((scene) => Number(scene.slice(2)) % 2 === 0, scenes)
    const plan = await planCampaign({ stat }, draft, rowsOf(scenes))
    expect(plan).toMatchObject({ rows: 30_000, estimated: true })
    expect(asked.length).toBeLessThan(10_400)
    expect(plan.calls + plan.alreadyPublished).toBe(30_000)
    expect(plan.alreadyPublished / 30_000).toBeCloseTo(0.5, 1)
  })
})
