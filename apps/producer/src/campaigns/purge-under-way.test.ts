/** What is asked for while pictures of its app are being purged: nothing is opened, and all of it may be asked for again. */
import type { AppId } from '@sunpress/core'
import { type AuditMark, type AuditWork, claimAuditMark, createCampaignLedger } from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, NOW_MS, type TestApi } from '../testing/test-api.js'

const LOOK = { page: 'pages/index/index' }
const FIELDS = { app: APP_ID, look: LOOK }
const clock = { now: () => NOW_MS }

async function claim(api: Pick<TestApi, 'store'>, work: AuditWork, app: AppId = APP_ID) {
  const mark = await claimAuditMark({ records: api.store.records, clock }, app, {
    ...{ work, holder: 'another', force: false },
  })
  if (mark.kind === 'taken') throw new Error('taken')
  return mark
}

const post = (api: TestApi, payload: object, headers = {}) =>
  api.ask({ method: 'POST', url: '/v1/campaigns', payload, headers })
const busy = { status: 503, code: 'app_purging' }

describe('a campaign that is asked for while a purge is at work', () => {
  it('is not made, without an alarm, and the same request under the same key makes it later', async () => {
    const api = await createTestApi()
    const mark = await claim(api, 'purge')
    const ask = () => post(api, { ...FIELDS, scenes: ['s=1'] }, { 'idempotency-key': 'order-17' })
    const refused = await ask()
    expect([refused.json(), refused.headers['retry-after']]).toMatchObject([busy, '30'])
    expect([await api.keys('campaigns/'), await api.keys('open'), api.failures]).toEqual([[], [], []])
    await mark.release()
    const made = await ask()
    expect([made.statusCode, (await ask()).json().id]).toEqual([202, made.json().id])
  })

  it('keeps its rows when the purge begins while they are read', async () => {
    let mark: AuditMark | null = null
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async writePart(...given) {
          mark ??= await claim(api, 'purge')
          return await campaigns.writePart(...given)
        },
      },
    }))
    const stream = () =>
      api.ask({
        ...{ method: 'POST', url: `/v1/campaigns?app=${APP_ID}&page=p`, payload: 'scene\ns=1\ns=2\n' },
        headers: { 'content-type': 'text/csv', 'idempotency-key': 'rows' },
      })
    expect((await stream()).json()).toMatchObject(busy)
    const parts = await api.keys('campaigns/')
    expect(parts).toEqual([expect.stringContaining('/scenes/part-0.ndjson')])
    expect(await api.keys('open')).toEqual([])
    const [, id = ''] = parts[0]?.split('/') ?? []
    expect((await api.ask({ url: `/v1/campaigns/${id}` })).statusCode).toBe(404)
    await (mark as AuditMark | null)?.release()
    expect((await stream()).json()).toMatchObject({ id, counts: { total: 2 } })
  })

  it('is made while another app is purged, or a heal is at work', async () => {
    const api = await createTestApi()
    await claim(api, 'purge', 'wx0123456789abcdee' as AppId)
    const healed = (await post(api, { ...FIELDS, scenes: ['s=1'] })).json().id
    await claim(api, 'heal')
    expect((await post(api, { ...FIELDS, scenes: ['s=1'], heals: healed })).statusCode).toBe(202)
  })

  it('may be planned all the while', async () => {
    const api = await createTestApi()
    await claim(api, 'purge')
    const payload = { ...FIELDS, scenes: ['s=1'] }
    const plan = await api.ask({ method: 'POST', url: '/v1/campaigns?dryRun=true', payload })
    expect(plan.statusCode).toBe(200)
  })

  it('is told of in the ledger before its open mark, and for no longer than until it is there', async () => {
    const seen: (readonly string[])[] = []
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async markOpen(...given) {
          seen.push(await api.keys(`opening/${APP_ID}/`))
          await campaigns.markOpen(...given)
        },
        async writeCampaign(...given) {
          seen.push(await api.keys(`opening/${APP_ID}/`))
          return await campaigns.writeCampaign(...given)
        },
      },
    }))
    const { id } = (await post(api, { ...FIELDS, scenes: ['s=1'] })).json()
    const told = [expect.stringContaining(`opening/${APP_ID}/${id}.`)]
    expect([seen, await api.keys('opening/')]).toEqual([[told, told], []])
  })
})

describe('a retry that is asked for while a purge is at work', () => {
  it('opens nothing, and does when that has ended', async () => {
    const api = await createTestApi()
    const id = (await post(api, { ...FIELDS, scenes: ['s=1'] })).json().id
    const campaign = api.fake.campaigns.get(id)
    if (campaign === undefined) throw new Error('no such campaign')
    const counts = { ...campaign.counts, refused: 1, pending: 0 }
    api.fake.campaigns.set(id, { ...campaign, state: 'completed', counts })
    const ledger = createCampaignLedger(api.store.records)
    await ledger.writeReport({ v: 1, id, state: 'completed', counts, finishedAt: '2026-01-01T00:00:00.000Z' })
    await ledger.unmarkOpen(id)
    const mark = await claim(api, 'purge')
    const retry = () => api.ask({ method: 'POST', url: `/v1/campaigns/${id}/retry-failed` })
    expect((await retry()).json()).toMatchObject(busy)
    expect([await ledger.readControl(id), await api.keys('open')]).toEqual([[], []])
    await mark.release()
    expect((await retry()).statusCode).toBe(200)
    expect([await api.keys('open/'), await api.keys('opening/')]).toEqual([[`open/${id}`], []])
  })
})
