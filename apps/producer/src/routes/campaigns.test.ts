import { type CampaignId, type Hold, RetryFault } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import { createCampaignLedger } from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, NOTHING_STOPS, NOW_MS, type TestApi } from '../testing/test-api.js'

const NEVER = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

const PLANNED = { app: APP_ID, name: 'x', priority: 5, createdAt: '2026-03-01T12:00:00.000Z', rows: 1 }

async function create(api: TestApi, name = 'stores'): Promise<CampaignId> {
  const payload = { app: APP_ID, name, look: { page: 'p' }, scenes: ['s=1', 's=2'] }
  return (await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).json().id
}
const get = (api: TestApi, url: string) => api.ask({ url: `/v1/campaigns${url}` })
const command = (api: TestApi, id: string, name: string) =>
  api.ask({ method: 'POST', url: `/v1/campaigns/${id}/${name}` })

describe('GET /v1/campaigns/{id}', () => {
  it('answers from the index, whose counts add up', async () => {
    const api = await createTestApi()
    const id = await create(api)
    const there = api.fake.campaigns.get(id)
    if (there === undefined) throw new Error('not announced')
    const counts = { ...there.counts, published: 1, pending: 1 }
    api.fake.campaigns.set(id, { ...there, counts })
    const campaign = (await get(api, `/${id}`)).json()
    expect(campaign).toMatchObject({ id, state: 'running', etaSeconds: 1, counts, finishedAt: null })
  })

  it('answers from the report when the index has forgotten', async () => {
    const api = await createTestApi()
    const id = await create(api)
    api.fake.campaigns.clear()
    const counts = { total: 2, published: 1, reused: 0, refused: 1, cancelled: 0, pending: 0, skipped: 0 }
    const report = { v: 1, id, state: 'completed', counts, finishedAt: '2026-03-01T13:00:00.000Z' }
    await api.store.records.put(`campaigns/${id}/report.json`, Buffer.from(JSON.stringify(report)))
    expect((await get(api, `/${id}`)).json()).toMatchObject({
      state: 'completed',
      counts,
      finishedAt: report.finishedAt,
      etaSeconds: null,
    })
  })

  it('says that it is rebuilding while the index has no generation', async () => {
    const api = await createTestApi()
    const id = await create(api)
    api.fake.generation = null
    expect((await get(api, `/${id}`)).json()).toMatchObject({ state: 'running', waitingReason: 'rebuilding' })
  })

  it('says why its lane waits', async () => {
    const untilMs = NOW_MS + 600_000
    const hold: Hold = { target: { scope: 'app', app: APP_ID }, reason: 'token', untilMs, message: null }
    const facts = { ...NOTHING_STOPS, holds: [hold] }
    const api = await createTestApi(() => ({ waitingFactsOf: async () => facts }))
    expect((await get(api, `/${await create(api)}`)).json()).toMatchObject({
      waitingReason: 'token',
      waitingUntil: new Date(untilMs).toISOString(),
    })
  })

  it('does not wait for its look’s page while rows of others are printed, but lasts until that is free', async () => {
    const page = { page: 'pages/index/index', envVersion: 'release' } as const
    const untilMs = NOW_MS + 600_000
    const target = { scope: 'page', app: APP_ID, page } as const
    const facts = {
      ...NOTHING_STOPS,
      holds: [{ target, reason: 'page_held', untilMs, message: null } as Hold],
    }
    const api = await createTestApi(() => ({ waitingFactsOf: async () => facts }))
    const id = await create(api)
    const standsAs = async (changes: Partial<CampaignIndex>) => {
      const campaign = api.fake.campaigns.get(id)
      if (campaign === undefined) throw new Error('no such campaign')
      api.fake.campaigns.set(id, { ...campaign, page: page.page, ...changes })
      return (await get(api, `/${id}`)).json()
    }
    const [seconds, waitingUntil] = [602, new Date(untilMs).toISOString()]
    const waits = { waitingReason: 'page_held', waitingUntil, etaSeconds: seconds }
    expect(await standsAs({})).toMatchObject(waits)
    expect(await standsAs({ ownPages: 1, perMinute: 0 })).toMatchObject(waits)
    const goesOn = { waitingReason: null, waitingUntil: null, etaSeconds: seconds }
    expect(await standsAs({ ownPages: 1, perMinute: 60 })).toMatchObject(goesOn)
  })

  it('says that its app is held when that is not configured any more', async () => {
    let isThere = true
    const api = await createTestApi(({ apps }) => ({
      apps: { ...apps, find: (app) => (isThere ? apps.find(app) : undefined) },
    }))
    const id = await create(api)
    expect((await get(api, `/${id}`)).json().waitingReason).toBeNull()
    isThere = false
    const held = { state: 'running', waitingReason: 'app_held', waitingUntil: null, etaSeconds: null }
    expect((await get(api, `/${id}`)).json()).toMatchObject(held)
    api.fake.generation = null
    expect((await get(api, `/${id}`)).json()).toMatchObject(held)
    await command(api, id, 'pause')
    expect((await get(api, `/${id}`)).json()).toMatchObject({ state: 'paused', waitingReason: 'paused' })
  })

  it('says whom a paused campaign waits for: who paused it, or who is to approve its canary', async () => {
    const api = await createTestApi()
    const [by, canary] = [await create(api), await create(api)]
    const ledger = createCampaignLedger(api.store.records)
    await command(api, by, 'pause')
    await ledger.appendControl(canary, { command: 'pause', reason: 'canary' }, '')
    const indexed = api.fake.campaigns.get(canary)
    if (indexed === undefined) throw new Error('not announced')
    api.fake.campaigns.set(canary, { ...indexed, state: 'paused', control: 1 })
    const waits = async (id: CampaignId) => {
      const { state, waitingReason, waitingUntil, etaSeconds } = (await get(api, `/${id}`)).json()
      expect([state, waitingUntil, etaSeconds]).toEqual(['paused', null, null])
      return waitingReason
    }
    expect([await waits(by), await waits(canary)]).toEqual(['paused', 'canary'])
    api.fake.away = true
    expect([await waits(by), await waits(canary)]).toEqual(['paused', 'canary'])
    api.fake.away = false
    expect((await command(api, canary, 'cancel')).json()).toMatchObject({ waitingReason: null })
  })

  it('says that it is paused where its log can’t be read now', async () => {
    const away = async () => {
      throw new RetryFault('store_unavailable', 'away')
    }
    let isAway = false
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: { ...campaigns, readControl: (id) => (isAway ? away() : campaigns.readControl(id)) },
    }))
    const id = await create(api)
    await command(api, id, 'pause')
    isAway = true
    expect((await get(api, `/${id}`)).json()).toMatchObject({ state: 'paused', waitingReason: 'paused' })
  })

  it('says that one in planning waits for its rows', async () => {
    const api = await createTestApi(({ planning }) => ({
      planning: { ...planning, read: async (id) => ({ ...PLANNED, id: id as CampaignId }) },
    }))
    expect((await get(api, `/${NEVER}`)).json()).toMatchObject({
      ...{ state: 'planning', waitingReason: 'uploading', waitingUntil: null },
    })
  })

  it('tells no time for what waits until somebody has looked', async () => {
    const holds: Hold[] = []
    const api = await createTestApi(() => ({ waitingFactsOf: async () => ({ ...NOTHING_STOPS, holds }) }))
    const id = await create(api)
    const target = { scope: 'campaign', app: APP_ID, campaign: id } as const
    holds.push({ target, reason: 'campaign_held', untilMs: NOW_MS + 10 * 366 * 86_400_000, message: null })
    expect((await get(api, `/${id}`)).json()).toMatchObject({
      ...{ waitingReason: 'campaign_held', waitingUntil: null, etaSeconds: null },
    })
  })

  it('counts the day of its lane, what it made today, how it was slowed, and others of its priority', async () => {
    const others: CampaignIndex[] = []
    const lanes = { ...NOTHING_STOPS.lanes, unlimited: { usedToday: 8, rate: 0.5 } }
    const api = await createTestApi(() => ({
      waitingFactsOf: async () => ({ ...NOTHING_STOPS, lanes, others }),
      dayLimitOf: () => 10,
    }))
    const id = await create(api)
    // 30 calls a minute are let in; two of the day are left.
    expect((await get(api, `/${id}`)).json().etaSeconds).toBe(4)
    const other = await create(api)
    others.push(...api.fake.campaigns.values())
    // NOW_MS is 20:00 in Shanghai; the lane goes on at 00:05.
    expect((await get(api, `/${id}`)).json().etaSeconds).toBe(4 * 3_600 + 300 + 4)
    await command(api, other, 'pause')
    others.splice(0, others.length, ...api.fake.campaigns.values())
    expect((await get(api, `/${id}`)).json().etaSeconds).toBe(4)
  })

  it('answers 404 for what is not there, or is no id: that may be a secret, and is not repeated', async () => {
    const api = await createTestApi()
    const detailOf = async (id: string) => (await get(api, `/${id}`)).json()
    expect(await detailOf(NEVER)).toMatchObject({ status: 404, detail: `There is no campaign "${NEVER}".` })
    for (const id of ['x', '..%2f..'])
      expect(await detailOf(id)).toMatchObject({ status: 404, detail: 'There is no such campaign.' })
  })
})

describe('GET /v1/campaigns', () => {
  it('gives pages, newest first, until there is none', async () => {
    const api = await createTestApi()
    const ids: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e']) ids.unshift(await create(api, name))
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`
      const page = (await get(api, `?limit=2${query}`)).json()
      seen.push(...page.items.map((item) => item.id))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(ids)
  })

  it('gives the others when files of some can’t be read, and those as far as they are known', async () => {
    const api = await createTestApi()
    const [log, record, sound] = [await create(api, 'a'), await create(api, 'b'), await create(api, 'c')]
    const broken = Buffer.from('{"v":1')
    await api.store.records.put(`campaigns/${log}/control/1.json`, broken)
    api.fake.generation = null
    const fresh = await createTestApi(({ index }) => ({
      ...{ index },
      campaigns: createCampaignLedger(api.store.records),
    }))
    fresh.fake.generation = null
    await api.store.records.put(`campaigns/${record}/campaign.json`, broken)
    const page = await get(fresh, '')
    expect(page.statusCode).toBe(200)
    expect(page.json().items).toMatchObject([
      { id: sound, waitingReason: 'rebuilding' },
      { id: log, state: 'running', waitingReason: 'campaign_held' },
    ])
    expect(fresh.leftOut).toEqual([`campaign ${record}`])
    expect((await get(fresh, `/${log}`)).json()).toMatchObject({ waitingReason: 'campaign_held' })
  })

  it('leaves out what never became a campaign', async () => {
    const api = await createTestApi()
    await api.store.records.put(`campaigns/${NEVER}/scenes/part-0.ndjson`, Buffer.from('x'))
    expect((await get(api, '')).json()).toEqual({ items: [], nextCursor: null })
  })

  it('refuses limits and cursors that are none, and parameters that it does not know', async () => {
    const api = await createTestApi()
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'cursor=x', 'offset=5']) {
      const answer = await get(api, `?${query}`)
      expect(answer.statusCode).toBe(400)
      const [error] = answer.json().errors
      expect(error?.parameter).toBe(query.split('=')[0])
      expect(error?.message).toMatch(/: expected .*, got |nextCursor/)
    }
  })
})

describe('POST /v1/campaigns/{id}/pause|resume|cancel', () => {
  it('writes the command before the index hears of it', async () => {
    const api = await createTestApi()
    const id = await create(api)
    expect((await command(api, id, 'pause')).json()).toMatchObject({ state: 'paused', etaSeconds: null })
    expect((await command(api, id, 'resume')).json()).toMatchObject({ state: 'running' })
    expect(await api.keys(`campaigns/${id}/control/`)).toHaveLength(2)
    expect(api.fake.commands).toEqual(['1 paused', '2 running'])
  })

  it('keeps the command when Redis is away, and answers as it will be', async () => {
    const api = await createTestApi()
    const id = await create(api)
    api.fake.away = true
    expect((await command(api, id, 'pause')).json().state).toBe('paused')
    expect((await get(api, `/${id}`)).json().state).toBe('paused')
    expect(await api.keys(`campaigns/${id}/control/`)).toHaveLength(1)
  })

  it('writes nothing for a command that changes nothing', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await command(api, id, 'pause')
    await command(api, id, 'pause')
    expect(await api.keys(`campaigns/${id}/control/`)).toHaveLength(1)
  })

  it('cancels a paused campaign, for good', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await command(api, id, 'pause')
    const cancelled = (await command(api, id, 'cancel')).json()
    expect(cancelled).toMatchObject({ state: 'cancelled', counts: { cancelled: 2, pending: 0 } })
    expect((await command(api, id, 'cancel')).statusCode).toBe(200)
    expect((await command(api, id, 'resume')).json()).toMatchObject({ status: 409, code: 'campaign_ended' })
  })
})
