import type { CampaignId, CampaignReport } from '@sunpress/core'
import { beginPurging, createCampaignLedger, writePurged } from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, type TestApi } from '../testing/test-api.js'

async function create(api: TestApi, more: object = {}): Promise<CampaignId> {
  const payload = { app: APP_ID, look: { page: 'p' }, scenes: ['s=1', 's=2'], ...more }
  return (await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).json().id
}
const ledgerOf = (api: TestApi) => createCampaignLedger(api.store.records)
const post = (api: TestApi, id: string, what: string) =>
  api.ask({ method: 'POST', url: `/v1/campaigns/${id}/${what}` })

/** One of its two rows is refused. */
function refuseOne(api: TestApi, id: CampaignId): void {
  const campaign = api.fake.campaigns.get(id)
  if (campaign === undefined) throw new Error('no such campaign')
  api.fake.campaigns.set(id, { ...campaign, counts: { ...campaign.counts, refused: 1, pending: 1 } })
}

/** As upkeep leaves it: the index remembers the end, the mark is gone. */
async function complete(api: TestApi, id: CampaignId, state: CampaignReport['state'] = 'completed') {
  const campaign = api.fake.campaigns.get(id)
  if (campaign === undefined) throw new Error('no such campaign')
  const counts = { ...campaign.counts, published: 1, refused: 1, pending: 0 }
  api.fake.campaigns.set(id, { ...campaign, state, counts })
  await ledgerOf(api).writeReport({ v: 1, id, state, counts, finishedAt: '2026-01-01T00:00:00.000Z' })
  await ledgerOf(api).unmarkOpen(id)
}

describe('POST /v1/campaigns/{id}/retry-failed', () => {
  it('writes to the control log which rows are meant, and tells the index', async () => {
    const api = await createTestApi()
    const id = await create(api)
    refuseOne(api, id)
    expect((await post(api, id, 'retry-failed?errcode=41030,-1&reason=worker_lost')).statusCode).toBe(200)
    expect(await ledgerOf(api).readControl(id)).toMatchObject([
      { seq: 1, command: 'retry', errcodes: [41030, -1], reasons: ['worker_lost'] },
    ])
    expect(api.fake.commands).toEqual(['1 running'])
  })

  it.each(['pause', 'cancel'] as const)(
    'brings no %s to life that came too late for the end',
    async (name) => {
      const api = await createTestApi()
      const id = await create(api)
      refuseOne(api, id)
      const campaign = api.fake.campaigns.get(id)
      if (campaign === undefined) throw new Error('no such campaign')
      const counts = { ...campaign.counts, published: 1, pending: 0 }
      api.fake.campaigns.set(id, { ...campaign, counts })
      await ledgerOf(api).appendControl(id, name, '2026-01-01T00:00:00.000Z')
      const early = await post(api, id, 'retry-failed')
      expect([early.json(), early.headers['retry-after']]).toMatchObject([{ status: 503, code: 'busy' }, '2'])
      expect(await ledgerOf(api).readControl(id)).toHaveLength(1)
      await complete(api, id)
      expect((await post(api, id, 'retry-failed')).json()).toMatchObject({ state: 'running' })
    },
  )

  it('is told to the leader, who may be ending the campaign at that moment', async () => {
    const api = await createTestApi()
    const id = await create(api)
    refuseOne(api, id)
    await post(api, id, 'retry-failed')
    expect(api.fake.unheard).toEqual([id])
  })

  it('opens a completed campaign again, at once for whoever looks', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await complete(api, id)
    const answer = (await post(api, id, 'retry-failed')).json()
    expect(answer).toMatchObject({ state: 'running', waitingReason: 'rebuilding', finishedAt: null })
    expect(await ledgerOf(api).readOpenMark(id)).not.toBeNull()
    expect((await api.ask({ url: `/v1/campaigns/${id}` })).json()).toMatchObject({ state: 'running' })
  })

  it('has nothing to retry in a campaign that was cancelled', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await complete(api, id, 'cancelled')
    expect((await post(api, id, 'retry-failed')).statusCode).toBe(409)
    expect(await ledgerOf(api).readControl(id)).toEqual([])
  })

  it('has nothing to retry when no row is refused, and writes nothing', async () => {
    const api = await createTestApi()
    const id = await create(api)
    expect((await post(api, id, 'retry-failed')).json()).toMatchObject({
      status: 409,
      code: 'nothing_to_retry',
    })
    expect(await ledgerOf(api).readControl(id)).toEqual([])
  })

  it('is answered from the new report when the campaign has ended anew and the index forgot it', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await complete(api, id)
    api.fake.campaigns.clear()
    const get = async () => (await api.ask({ url: `/v1/campaigns/${id}` })).json()
    expect(await get()).toMatchObject({ state: 'completed', counts: { published: 1, refused: 1 } })
    expect((await post(api, id, 'retry-failed')).statusCode).toBe(200)
    const report = await ledgerOf(api).readReport(id)
    if (report === null) throw new Error('no report')
    const counts = { ...report.counts, published: 2, refused: 0 }
    await ledgerOf(api).writeReport({ ...report, counts, retried: 1 })
    await ledgerOf(api).unmarkOpen(id)
    expect(await get()).toMatchObject({ state: 'completed', counts: { published: 2, refused: 0 } })
  })

  it.each(['purging', 'purged'])('opens none that is %s: nothing of it could be told apart', async (how) => {
    const api = await createTestApi()
    const id = await create(api)
    await complete(api, id)
    const at = '2026-01-01T00:00:00.000Z'
    if (how === 'purging') await beginPurging(api.store.records, id, at)
    else await writePurged(api.store.records, id, { at, withdrawn: 1, shared: 0 })
    expect((await post(api, id, 'retry-failed')).json()).toMatchObject({
      status: 409,
      code: 'campaign_purged',
    })
    expect(await ledgerOf(api).readControl(id)).toEqual([])
    expect((await api.ask({ url: `/v1/campaigns/${id}` })).json()).toMatchObject({ state: 'completed' })
  })

  it('opens none whose purge begins at that moment', async () => {
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: { ...campaigns, isPurged: async () => false, appendRetry: async () => null },
    }))
    const id = await create(api)
    await complete(api, id)
    expect((await post(api, id, 'retry-failed')).json()).toMatchObject({
      status: 409,
      code: 'campaign_purged',
    })
  })

  it.each(['', 'invalid_page, invalid_scene', 'Invalid_page', 'invalid page'])(
    'names a reason that can be none: %j; nothing is opened for it',
    async (reason) => {
      const api = await createTestApi()
      const id = await create(api)
      await complete(api, id)
      const answer = await post(api, id, `retry-failed?reason=${encodeURIComponent(reason)}`)
      expect(answer.statusCode).toBe(400)
      const [error] = answer.json().errors
      expect(error).toMatchObject({ parameter: 'reason', field: 'reason', rule: 'format' })
      expect(error?.message).toMatch(/^reason: expected reasons of the failures list, .*, got "/)
      expect(await ledgerOf(api).readControl(id)).toEqual([])
    },
  )

  it('takes every reason that a fault may leave, those of unknown errcodes as well', async () => {
    const api = await createTestApi()
    const id = await create(api)
    refuseOne(api, id)
    const reasons = ['upstream_-1', 'upstream_http_502', 'picture_wrong_format', 'unexpected', 'store_io']
    expect((await post(api, id, `retry-failed?reason=${reasons.join(',')}`)).statusCode).toBe(200)
    expect(await ledgerOf(api).readControl(id)).toMatchObject([{ command: 'retry', reasons }])
  })

  it('names an errcode that is none', async () => {
    const api = await createTestApi()
    const id = await create(api)
    const answer = await post(api, id, 'retry-failed?errcode=41030,x')
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toMatchObject([
      {
        parameter: 'errcode',
        value: 'x',
        message: 'errcode: expected whole numbers, parted by commas, got "x"',
      },
    ])
  })
})

describe('POST /v1/campaigns/{id}/priority', () => {
  it('writes it to the control log, and answers with it', async () => {
    const api = await createTestApi()
    const id = await create(api)
    expect((await post(api, id, 'priority?priority=9')).json()).toMatchObject({
      priority: 9,
      state: 'running',
    })
    expect(await ledgerOf(api).readControl(id)).toMatchObject([{ command: 'priority', priority: 9 }])
  })

  it('leaves a paused campaign paused, and wants a priority that there is', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await post(api, id, 'pause')
    expect((await post(api, id, 'priority?priority=2')).json()).toMatchObject({ state: 'paused' })
    expect(api.fake.commands).toEqual(['1 paused', '2 paused'])
    expect((await post(api, id, 'priority?priority=10')).statusCode).toBe(400)
    const answer = await post(api, id, 'priority')
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toMatchObject([
      {
        ...{ parameter: 'priority', field: 'priority', rule: 'required', value: null },
        message: 'priority: expected a whole number from 1 to 9, got nothing',
      },
    ])
  })
})

describe('a canary', () => {
  it('stands in campaign.json, from JSON as from a stream', async () => {
    const api = await createTestApi()
    expect(await ledgerOf(api).readCampaign(await create(api, { canary: 5 }))).toMatchObject({ canary: 5 })
    const url = `/v1/campaigns?app=${APP_ID}&page=p&canary=7`
    const streamed = await api.ask({
      ...{ method: 'POST', url, payload: 'scene\ns=1\n' },
      headers: { 'content-type': 'text/csv' },
    })
    expect(await ledgerOf(api).readCampaign(streamed.json().id)).toMatchObject({ canary: 7 })
    expect('canary' in ((await ledgerOf(api).readCampaign(await create(api))) ?? {})).toBe(false)
  })

  it.each([0, -1, 1.5, '5', null])('is a whole number of scenes: %s is refused', async (canary) => {
    const api = await createTestApi()
    const payload = { app: APP_ID, look: { page: 'p' }, scenes: ['s=1'], canary }
    const answer = await api.ask({ method: 'POST', url: '/v1/campaigns', payload })
    expect(answer.statusCode).toBe(422)
    expect(answer.json().errors).toMatchObject([{ field: 'canary' }])
  })
})
