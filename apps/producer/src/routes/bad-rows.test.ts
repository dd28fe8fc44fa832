import type { CampaignId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, type TestApi } from '../testing/test-api.js'

const QUERY = `app=${APP_ID}&page=pages/index/index&badRows=skip`

async function create(api: TestApi, payload: string): Promise<CampaignId> {
  const headers = { 'content-type': 'text/csv' }
  return (await api.ask({ method: 'POST', url: `/v1/campaigns?${QUERY}`, payload, headers })).json().id
}
const get = (api: TestApi, id: string, query = '') => api.ask({ url: `/v1/campaigns/${id}/bad-rows${query}` })

describe('GET /v1/campaigns/{id}/bad-rows', () => {
  it('names each row that was left out, and why', async () => {
    const api = await createTestApi()
    const id = await create(api, 'scene,ref\ns=1,A\nno space,B\ns=2,C\n,D\n')
    const answer = await get(api, id)
    expect(answer.json()).toMatchObject({
      items: [
        { line: 3, errors: [{ field: 'scene', rule: 'alphabet', value: 'no space', line: 3 }] },
        { line: 5, errors: [{ field: 'scene' }] },
      ],
      nextCursor: null,
    })
    expect((await get(api, await create(api, 'scene\ns=1\n'))).json()).toEqual({
      items: [],
      nextCursor: null,
    })
  })

  it('names rows of JSON by their pointers, and nothing that the ledger keeps for itself', async () => {
    const api = await createTestApi()
    const scenes = ['s=1', 'no space', { scene: 5 }, { ref: 'A' }]
    const payload = { app: APP_ID, look: { page: 'p' }, badRows: 'skip', scenes }
    const { id } = (await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).json()
    const { items } = (await get(api, id)).json()
    expect(items.map(({ pointer }) => pointer)).toEqual(['/scenes/1', '/scenes/2', '/scenes/3'])
    expect(Object.keys(items[0] ?? {})).toEqual(['pointer', 'errors'])
  })

  it('gives pages across the files of the ledger', async () => {
    const api = await createTestApi()
    const id = await create(api, `scene\ns=1\n${'no space\n'.repeat(2_500)}`)
    const seen: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor === '' ? '?limit=800' : `?limit=800&cursor=${cursor}`
      const page = (await get(api, id, query)).json()
      expect(page.items.length).toBeLessThanOrEqual(800)
      seen.push(...page.items.map(({ line }) => line))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(Array.from({ length: 2_500 }, (_, at) => at + 3))
  })

  it('refuses a cursor that is none, and a campaign that is none', async () => {
    const api = await createTestApi()
    const id = await create(api, 'scene\ns=1\n')
    expect((await get(api, id, '?cursor=x')).json()).toMatchObject({
      ...{ status: 400, code: 'bad_cursor' },
      errors: [{ parameter: 'cursor', message: 'cursor: expected a nextCursor of this list, got "x"' }],
    })
    expect((await get(api, '01ARZ3NDEKTSV4RRFFQ69G5FAV')).statusCode).toBe(404)
  })
})
