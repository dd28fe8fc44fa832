import type { CampaignId, FeedEvent, Generation } from '@sunpress/core'
import { writePurged } from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, type TestApi } from '../testing/test-api.js'

const SHA = 'a'.repeat(64)

function row(campaign: CampaignId, n: number): FeedEvent {
  const facts = {
    v: 1,
    id: `${campaign}.${n}`,
    app: APP_ID,
    campaign,
    index: n,
    n,
    scene: `=s${n}`,
    ref: '@r',
  }
  const refused = {
    errcode: 40169,
    reason: 'bad_scene',
    rid: null,
    attempts: 1,
    refusedAt: '2026-03-01T12:00:00.000Z',
  }
  const published = {
    codeId: `${APP_ID}-${'a'.repeat(52)}`,
    look: 'l',
    key: `codes/${APP_ID}/aa/${APP_ID}-x.jpg`,
    bytes: 5,
    sha256: SHA,
    contentType: 'image/jpeg',
    width: 430,
    reused: false,
    publishedAt: '2026-03-01T12:00:00.000Z',
  }
  const event = n % 3 === 0 ? { ...refused, type: 'code.refused' } : { ...published, type: 'code.published' }
  return { ...facts, ...event } as unknown as FeedEvent
}

async function create(api: TestApi): Promise<CampaignId> {
  const payload = { app: APP_ID, look: { page: 'p' }, scenes: ['s'] }
  return (await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).json().id
}

async function closePart(api: TestApi, id: CampaignId, from: number, to: number): Promise<void> {
  const lines = span(from, to).map((n) => `${JSON.stringify(row(id, n))}\n`)
  await api.store.records.put(`campaigns/${id}/manifest/part-${from}.ndjson`, Buffer.from(lines.join('')))
  const there = api.fake.campaigns.get(id)
  if (there !== undefined) api.fake.campaigns.set(id, { ...there, closed: to, n: Math.max(there.n, to) })
}

const inFeed = (id: CampaignId, from: number, to: number) =>
  span(from, to).map((n) => ({
    streamId: String(n).padStart(6, '0'),
    campaign: id,
    n,
    line: JSON.stringify(row(id, n)),
  }))

const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)
const numbers = (items: readonly { n: number }[]): number[] => items.map(({ n }) => n)
const published = (to: number): number[] => span(1, to).filter((n) => n % 3 !== 0)

async function walk(api: TestApi, id: string, kind: string, limit: number): Promise<number[]> {
  const seen: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page = (await api.ask({ url: `/v1/campaigns/${id}/${kind}?limit=${limit}${from}` })).json()
    seen.push(...numbers(page.items))
    cursor = page.nextCursor
  }
  return seen
}

describe('GET /v1/campaigns/{id}/manifest and /failures', () => {
  it('gives every row once: closed parts, then the tail of the feed', async () => {
    const api = await createTestApi()
    const id = await create(api)
    const other = await create(api)
    await closePart(api, id, 1, 10)
    await closePart(api, id, 11, 15)
    api.fake.entries = [...inFeed(id, 14, 20), ...inFeed(other, 1, 5)]
    expect(await walk(api, id, 'manifest', 4)).toEqual(published(20))
    expect(await walk(api, id, 'failures', 1)).toEqual([3, 6, 9, 12, 15, 18])
  })

  it('says where to go on when there is no further row yet', async () => {
    const api = await createTestApi()
    const id = await create(api)
    api.fake.entries = inFeed(id, 1, 5)
    const page = (await api.ask({ url: `/v1/campaigns/${id}/manifest` })).json()
    expect(page).toMatchObject({ nextCursor: null, resumeCursor: 'g1.5' })
    api.fake.entries = inFeed(id, 1, 8)
    const more = await api.ask({ url: `/v1/campaigns/${id}/manifest?cursor=${page.resumeCursor}` })
    expect(numbers(more.json().items)).toEqual([7, 8])
  })

  it('misses nothing when the rows of a cursor were numbered anew', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await closePart(api, id, 1, 10)
    api.fake.entries = inFeed(id, 11, 20)
    const page = (await api.ask({ url: `/v1/campaigns/${id}/manifest?limit=12` })).json()
    expect(page.nextCursor).toBe('g1.17')
    api.fake.generation = 'g2' as Generation
    const again = await api.ask({ url: `/v1/campaigns/${id}/manifest?cursor=${page.nextCursor}&limit=1000` })
    expect(numbers(again.json().items)).toEqual(published(20))
  })

  it('looks at the parts again when rows were closed between two looks', async () => {
    let isListed = false
    const api = await createTestApi(({ manifests, index }) => ({
      manifests: {
        ...manifests,
        readPartAt: async (of, firstN) =>
          firstN === 11 && !isListed ? null : await manifests.readPartAt(of, firstN),
      },
      index: {
        ...index,
        readEntries: async () => {
          isListed = true
          return []
        },
      },
    }))
    const id = await create(api)
    await closePart(api, id, 1, 10)
    await closePart(api, id, 11, 12)
    expect(await walk(api, id, 'manifest', 100)).toEqual(published(12))
  })

  it('gives closed rows while Redis is away', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await closePart(api, id, 1, 10)
    api.fake.away = true
    const page = (await api.ask({ url: `/v1/campaigns/${id}/manifest` })).json()
    expect(numbers(page.items)).toEqual(published(10))
    expect(page.resumeCursor).toBe('0.10')
  })

  it('computes the url when it is read', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await closePart(api, id, 1, 1)
    const [item] = (
      await api.ask({ url: `/v1/campaigns/${id}/manifest`, headers: { host: 'localhost:8080' } })
    ).json().items
    expect(item?.url).toBe(`http://localhost:8080/v1/codes/${item?.codeId}/image`)
    const cdn = await createTestApi(() => ({ publicUrl: 'https://cdn.example/x' }))
    const there = await create(cdn)
    await closePart(cdn, there, 1, 1)
    const [other] = (await cdn.ask({ url: `/v1/campaigns/${there}/manifest` })).json().items
    expect(other?.url).toBe(`https://cdn.example/x/${other?.key}`)
  })

  it('streams all rows as NDJSON or CSV, where formulas are none', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await closePart(api, id, 1, 1_000)
    api.fake.entries = inFeed(id, 1_001, 1_500)
    const url = `/v1/campaigns/${id}/manifest`
    const ndjson = await api.ask({ url, headers: { accept: 'application/x-ndjson' } })
    const lines = ndjson.body.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(published(1_500))
    const csv = await api.ask({ url, headers: { accept: 'text/csv' } })
    const [head, first] = csv.body.split('\r\n')
    expect(head).toMatch(/^n,index,scene,page,ref,caption,codeId/)
    expect(first).toMatch(/^1,1,'=s1,,'@r,,/)
    expect(csv.body.trimEnd().split('\r\n')).toHaveLength(1_001)
  })

  it('gives every row of a stream the cursor with which to go on behind it', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await closePart(api, id, 1, 10)
    api.fake.entries = inFeed(id, 11, 20)
    const read = async (query: string, accept: string) =>
      (await api.ask({ url: `/v1/campaigns/${id}/manifest${query}`, headers: { accept } })).body.trimEnd()
    const rows = (await read('', 'application/x-ndjson')).split('\n').map((line) => JSON.parse(line))
    expect(rows.map(({ cursor }) => cursor)).toEqual(published(20).map((n) => `${n > 10 ? 'g1' : '0'}.${n}`))
    const [head = '', ...lines] = (await read('', 'text/csv')).split('\r\n')
    expect(head).toMatch(/,id,cursor$/)
    for (const [at, { cursor, id: rowId }] of rows.entries()) {
      expect(lines[at]).toMatch(new RegExp(`,${rowId},${cursor}$`))
      const rest = await read(`?cursor=${cursor}`, 'application/x-ndjson')
      expect(rest === '' ? 0 : rest.split('\n').length).toBe(rows.length - at - 1)
    }
  })

  it('refuses a cursor that is none and an Accept that cannot be met', async () => {
    const api = await createTestApi()
    const id = await create(api)
    expect((await api.ask({ url: `/v1/campaigns/${id}/manifest?cursor=x` })).json().code).toBe('bad_cursor')
    const image = await api.ask({ url: `/v1/campaigns/${id}/failures`, headers: { accept: 'image/png' } })
    expect(image.statusCode).toBe(406)
  })
})

it.each(['application/json', 'application/x-ndjson', 'text/csv'])(
  'a campaign that was purged is 409 as %s, and no list that breaks off',
  async (accept) => {
    const api = await createTestApi()
    const id = await create(api)
    await closePart(api, id, 1, 5)
    api.fake.campaigns.delete(id)
    await writePurged(api.store.records, id, { at: '2026-03-01T12:00:00.000Z', withdrawn: 5, shared: 0 })
    const answer = await api.ask({ url: `/v1/campaigns/${id}/manifest`, headers: { accept } })
    expect(answer).toMatchObject({ statusCode: 409 })
    expect(answer.json()).toMatchObject({ code: 'campaign_purged' })
  },
)
