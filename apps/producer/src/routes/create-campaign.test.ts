import { type CampaignId, type CampaignRecord, type Hold, RetryFault, WaitFault } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, NOTHING_STOPS, NOW_MS, sha256, type TestApi } from '../testing/test-api.js'

const LOOK = { page: 'pages/index/index' }
const post = (api: TestApi, payload: object, headers = {}) =>
  api.ask({ method: 'POST', url: '/v1/campaigns', payload, headers })
const postCsv = (api: TestApi, payload: string, query = '', headers = {}) =>
  api.ask({
    method: 'POST',
    url: `/v1/campaigns?app=${APP_ID}&page=pages/index/index${query}`,
    payload,
    headers: { 'content-type': 'text/csv', ...headers },
  })

async function recordOf(api: TestApi, id: string): Promise<CampaignRecord> {
  const bytes = await api.store.records.read(`campaigns/${id}/campaign.json`)
  return JSON.parse(Buffer.from(bytes ?? []).toString()) as CampaignRecord
}

async function linesOf(api: TestApi, key: string): Promise<unknown[]> {
  const text = Buffer.from((await api.store.records.read(key)) ?? []).toString()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

describe('POST /v1/campaigns with JSON', () => {
  it('answers 202 with the campaign, once the ledger and the index have it', async () => {
    const api = await createTestApi()
    const scenes = ['s=1', { scene: 's=2', page: 'pages/shop/shop', ref: 'SHOP-2', caption: 'Shop 2' }]
    const answer = await post(api, { app: APP_ID, name: 'stores', priority: 7, look: LOOK, scenes })
    expect(answer.statusCode).toBe(202)
    const campaign = answer.json()
    expect(answer.headers['location']).toBe(`/v1/campaigns/${campaign.id}`)
    expect(campaign).toMatchObject({ app: APP_ID, name: 'stores', state: 'running', etaSeconds: 2 })
    expect(campaign.counts).toMatchObject({ total: 2, pending: 2, skipped: 0 })
    const [head, ...rows] = await linesOf(api, `campaigns/${campaign.id}/scenes/part-0.ndjson`)
    expect(head).toEqual({ v: 1, kind: 'scenes', first: 0, rows: 2 })
    expect(rows).toEqual([{ scene: 's=1' }, scenes[1]])
    expect(await api.keys('looks/')).toHaveLength(2)
    expect(await api.keys('open/')).toEqual([`open/${campaign.id}`])
    expect(api.fake.campaigns.has(campaign.id)).toBe(true)
  })

  it('writes the parts before campaign.json, and the open mark between them', async () => {
    const written: string[] = []
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        writePart(...args) {
          written.push('part')
          return campaigns.writePart(...args)
        },
        markOpen(...args) {
          written.push('mark')
          return campaigns.markOpen(...args)
        },
        writeCampaign(...args) {
          written.push('campaign')
          return campaigns.writeCampaign(...args)
        },
      },
    }))
    await post(api, { app: APP_ID, look: LOOK, scenes: ['s=1'] })
    expect(written).toEqual(['part', 'mark', 'campaign'])
  })

  it('makes a campaign of a range, in parts of 10,000 rows', async () => {
    const api = await createTestApi()
    const range = { template: 't={n:5}', from: 1, to: 25_000 }
    const { id, counts } = (await post(api, { app: APP_ID, look: LOOK, range })).json()
    expect(counts.total).toBe(25_000)
    const last = await linesOf(api, `campaigns/${id}/scenes/part-2.ndjson`)
    expect(last[0]).toMatchObject({ first: 20_000, rows: 5_000 })
    expect(last.at(-1)).toEqual({ scene: 't=25000' })
  })

  it('is not stopped by a Redis that is away', async () => {
    const api = await createTestApi()
    api.fake.away = true
    const answer = await post(api, { app: APP_ID, look: LOOK, scenes: ['s=1'] })
    expect(answer.statusCode).toBe(202)
    const read = await api.ask({ url: `/v1/campaigns/${answer.json().id}` })
    expect(read.json()).toMatchObject({ state: 'running', waitingReason: 'rebuilding' })
  })

  it('tells all defects of a request at once, by JSON pointer', async () => {
    const api = await createTestApi()
    const body = {
      app: 'wx0000000000000000',
      name: '',
      look: { width: 5, colour: 1 },
      scenes: ['s'],
      extra: 1,
    }
    const answer = await post(api, body)
    expect(answer.statusCode).toBe(422)
    const { errors, errorCount } = answer.json()
    expect(errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual(
      ['/app', '/extra', '/look/colour', '/look/width', '/name'].sort(),
    )
    expect(errorCount).toBe(5)
  })

  it('refuses bad rows by their pointers and leaves nothing in the ledger', async () => {
    const api = await createTestApi()
    const answer = await post(api, {
      app: APP_ID,
      look: LOOK,
      scenes: ['s=1', 'no space', { scene: 's', ref: 5 }],
    })
    expect(answer.statusCode).toBe(422)
    expect(answer.json().errors).toMatchObject([
      { pointer: '/scenes/1', field: 'scene', rule: 'alphabet', value: 'no space' },
      { pointer: '/scenes/2/ref', field: 'ref', rule: 'type' },
    ])
    expect(await api.keys('campaigns/')).toEqual([])
    expect(await api.keys('open/')).toEqual([])
  })

  it('takes away the parts that stood before the first bad row', async () => {
    const api = await createTestApi()
    const scenes = [...Array.from({ length: 10_000 }, (_, n) => `s=${n}`), 'no space']
    expect((await post(api, { app: APP_ID, look: LOOK, scenes })).statusCode).toBe(422)
    expect(await api.keys('campaigns/')).toEqual([])
  })

  it('gives the first 1,000 errors and the count of all', async () => {
    const api = await createTestApi()
    const scenes = Array.from({ length: 1_500 }, () => 'no space')
    const { errors, errorCount } = (await post(api, { app: APP_ID, look: LOOK, scenes })).json()
    expect(errors).toHaveLength(1_000)
    expect(errorCount).toBe(1_500)
  })

  it('names a range whose rows cannot be printed once, not once a row', async () => {
    const api = await createTestApi()
    const range = { template: 'no space {n}', from: 1, to: 100_000_000 }
    const answer = await post(api, { app: APP_ID, look: LOOK, range })
    expect(answer.json()).toMatchObject({
      status: 422,
      errorCount: 1,
      errors: [{ pointer: '/range/template' }],
    })
  })

  it.each([
    ['limited', 1024],
    ['qrcode', 128],
  ] as const)('takes paths for endpoint %s, of at most %i bytes, and no page', async (endpoint, bytes) => {
    const api = await createTestApi()
    const path = `pages/a?b=${'x'.repeat(bytes - 10)}`
    const made = await post(api, { app: APP_ID, look: { endpoint }, scenes: [path] })
    expect(made.statusCode).toBe(202)
    const refused = await post(api, {
      app: APP_ID,
      look: { endpoint },
      scenes: [`${path}x`, { scene: 'pages/a', page: 'pages/b' }],
    })
    expect(refused.statusCode).toBe(422)
    expect(refused.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/scenes/0',
      '/scenes/1/page',
    ])
  })

  it('wants either scenes or a range, and at least one row', async () => {
    const api = await createTestApi()
    const range = { template: '{n}', from: 1, to: 2 }
    for (const rows of [{}, { scenes: [] }, { scenes: ['s'], range }]) {
      expect((await post(api, { app: APP_ID, look: LOOK, ...rows })).statusCode).toBe(422)
    }
    const both = await post(api, { app: APP_ID, look: LOOK, scenes: ['s'], range })
    expect(both.json().errors[0].message).toBe('scenes: expected either scenes or a range, got both')
  })

  it('answers 413, naming the stream, for more than 10 MB', async () => {
    const api = await createTestApi()
    const answer = await post(api, { app: APP_ID, look: LOOK, scenes: ['x'.repeat(10_500_000)] })
    expect(answer.json()).toMatchObject({ status: 413, code: 'too_large' })
    expect(answer.json().detail).toContain('text/csv')
  })

  it('does not overlook fields that stand in the query, nor a dryRun that is neither true nor false', async () => {
    const api = await createTestApi()
    const payload = { app: APP_ID, look: LOOK, scenes: ['s'] }
    const dry = await api.ask({ method: 'POST', url: '/v1/campaigns?dryRun=perhaps', payload })
    expect(dry.json()).toMatchObject({ status: 400, errors: [{ parameter: 'dryRun' }] })
    const query = await api.ask({ method: 'POST', url: '/v1/campaigns?priority=5&name=', payload })
    expect(query.statusCode).toBe(400)
    expect(query.json().errors).toEqual([
      expect.objectContaining({
        parameter: 'priority',
        message: 'priority: expected it in the JSON body, got "5"',
      }),
    ])
    expect(api.failures).toEqual([])
    expect(await api.keys('campaigns/')).toEqual([])
  })

  it('answers 503 when the store cannot write, and makes no campaign', async () => {
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: { ...campaigns, markOpen: () => Promise.reject(new RetryFault('store_timeout', 'x')) },
    }))
    const answer = await post(api, { app: APP_ID, look: LOOK, scenes: ['s'] })
    expect(answer.json()).toMatchObject({ status: 503, code: 'unavailable' })
    expect(answer.headers['retry-after']).toBeDefined()
  })
})

describe('POST /v1/campaigns with a stream', () => {
  it('makes a campaign of a CSV, with the fields as parameters', async () => {
    const api = await createTestApi()
    const csv = 'scene,ref,colour\r\ns=1,A,red\r\ns=2,B,blue\r\n'
    const answer = await postCsv(api, csv, '&name=stores&priority=9&width=600&lineColor=1,2,3&hyaline=true')
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toMatchObject({ name: 'stores', priority: 9, ignoredColumns: ['colour'] })
    const record = await recordOf(api, answer.json().id)
    expect(record.look).toMatchObject({
      width: 600,
      lineColor: { r: 1, g: 2, b: 3 },
      hyaline: true,
      format: 'png',
    })
    expect(record.source).toEqual({ kind: 'csv', sha256: sha256(csv), ignoredColumns: ['colour'] })
  })

  it('makes a campaign of NDJSON', async () => {
    const api = await createTestApi()
    const payload = '"s=1"\n{"scene":"s=2","ref":"B"}\n'
    const answer = await postCsv(api, payload, '', { 'content-type': 'application/x-ndjson; charset=utf-8' })
    expect(answer.json().counts.total).toBe(2)
  })

  it('refuses the whole for one bad row, by its line', async () => {
    const api = await createTestApi()
    const answer = await postCsv(api, 'scene\ns=1\nno space\n')
    expect(answer.json()).toMatchObject({
      status: 422,
      errors: [{ line: 3, field: 'scene', rule: 'alphabet' }],
    })
    expect(await api.keys('')).toEqual([])
  })

  it('skips bad rows when asked to, counts them and keeps them in the ledger', async () => {
    const api = await createTestApi()
    const answer = await postCsv(api, 'scene\ns=1\nno space\ns=2\n', '&badRows=skip')
    expect(answer.json().counts).toMatchObject({ total: 2, skipped: 1 })
    const kept = await linesOf(api, `campaigns/${answer.json().id}/scenes/badrows-0.ndjson`)
    expect(kept[1]).toMatchObject({ line: 3, errors: [{ rule: 'alphabet' }] })
  })

  it('makes none when every row is bad', async () => {
    const api = await createTestApi()
    expect((await postCsv(api, 'scene\nno space\n', '&badRows=skip')).statusCode).toBe(422)
    expect(await api.keys('')).toEqual([])
  })

  it('names a wrong parameter as it was written', async () => {
    const api = await createTestApi()
    const answer = await postCsv(api, 'scene\ns\n', '&width=5&lineColor=1,2&checkPath=yes&nmae=x')
    const fields = answer.json().errors.map((error: { parameter: string }) => error.parameter)
    expect(fields.sort()).toEqual(['checkPath', 'lineColor', 'nmae', 'width'])
  })

  it('answers 415 for what is neither, and for rows that are not UTF-8', async () => {
    const api = await createTestApi()
    for (const type of ['text/plain', 'application/xml', 'text/csv; charset=gbk']) {
      expect((await postCsv(api, 'scene\ns\n', '', { 'content-type': type })).statusCode).toBe(415)
    }
    expect((await postCsv(api, 'x', '', { 'content-encoding': 'gzip' })).statusCode).toBe(415)
  })
})

describe('Idempotency-Key', () => {
  const key = { 'idempotency-key': 'order 17' }
  const body = { app: APP_ID, look: LOOK, scenes: ['s=1', 's=2'] }

  it('gives the first answer again for the same request, and makes nothing new', async () => {
    const api = await createTestApi()
    const first = await post(api, body, key)
    const again = await post(api, body, key)
    expect(again.statusCode).toBe(202)
    expect(again.json()).toEqual(first.json())
    expect(await api.keys('open/')).toHaveLength(1)
  })

  it('gives it again when Redis has forgotten everything, or is away', async () => {
    const api = await createTestApi()
    const first = await post(api, body, key)
    api.fake.campaigns.clear()
    api.fake.away = true
    expect((await post(api, body, key)).json()).toEqual(first.json())
  })

  it('refuses another request under the same key', async () => {
    const api = await createTestApi()
    await post(api, body, key)
    const other = await post(api, { ...body, scenes: ['s=3'] }, key)
    expect(other.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  })

  it('compares a streamed body by its bytes', async () => {
    const api = await createTestApi()
    const first = await postCsv(api, 'scene\ns=1\n', '', key)
    expect((await postCsv(api, 'scene\ns=1\n', '', key)).json()).toEqual(first.json())
    expect((await postCsv(api, 'scene\ns=2\n', '', key)).statusCode).toBe(422)
    expect((await postCsv(api, 'scene\ns=1\n', '&width=600', key)).statusCode).toBe(422)
  })

  it('answers 409 while the first request is being worked on', async () => {
    let release = () => {}
    let begun = () => {}
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async markOpen(...args) {
          begun()
          await gate
          await campaigns.markOpen(...args)
        },
      },
    }))
    const first = post(api, body, key)
    await isBegun
    const second = await post(api, body, key)
    expect(second.json()).toMatchObject({ status: 409, code: 'still_running' })
    release()
    expect((await first).statusCode).toBe(202)
  })

  it('answers 409 while another process is at it', async () => {
    const api = await createTestApi(() => ({
      leases: { claim: async () => null, release: async () => {} },
    }))
    expect((await post(api, body, key)).statusCode).toBe(409)
  })

  it('goes on under the same id where an attempt died before campaign.json', async () => {
    let dies = true
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async writeCampaign(record) {
          if (dies) throw new RetryFault('store_timeout', 'died')
          return await campaigns.writeCampaign(record)
        },
      },
    }))
    expect((await post(api, body, key)).statusCode).toBe(503)
    const [part] = await api.keys('campaigns/')
    dies = false
    const again = await post(api, body, key)
    expect(again.statusCode).toBe(202)
    expect(part).toContain(again.json().id)
  })

  it('says so when such an attempt had other rows', async () => {
    let dies = true
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async markOpen(...args) {
          if (dies) throw new RetryFault('store_timeout', 'died')
          await campaigns.markOpen(...args)
        },
      },
      leases: {
        claim: () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1)),
        release: async () => {},
      },
    }))
    expect((await postCsv(api, 'scene\ns=1\n', '', key)).statusCode).toBe(503)
    dies = false
    const other = await postCsv(api, 'scene\ns=2\n', '', key)
    expect(other.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  })

  it('keeps the parts of an attempt that failed, as long as it cannot know to be alone', async () => {
    const away = () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1))
    const api = await createTestApi(() => ({ leases: { claim: away, release: async () => {} } }))
    const scenes = [...Array.from({ length: 10_000 }, (_, n) => `s=${n}`), 'no space']
    expect((await post(api, { ...body, scenes }, key)).statusCode).toBe(422)
    expect(await api.keys('campaigns/')).toHaveLength(1)
  })

  it('leaves a key free whose request was refused', async () => {
    const api = await createTestApi()
    expect((await post(api, { ...body, scenes: ['no space'] }, key)).statusCode).toBe(422)
    expect(await api.keys('')).toEqual([])
    expect((await post(api, body, key)).statusCode).toBe(202)
  })

  it('refuses a key that is no key', async () => {
    const api = await createTestApi()
    expect((await post(api, body, { 'idempotency-key': 'x'.repeat(256) })).statusCode).toBe(400)
  })
})

/** Prints 500 in the limited lane. */
const OTHER = {
  ...{ id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' as CampaignId, lane: 'limited', state: 'running', priority: 5 },
  ...{ counts: { pending: 500 }, window: null, page: null, envVersion: 'release' },
} as CampaignIndex

describe('POST /v1/campaigns?dryRun=true', () => {
  const scenes = ['s=1', 's=2', 's=2', 'not a scene']

  it('answers what the campaign would come to, and makes none', async () => {
    const api = await createTestApi()
    const answer = await api.ask({
      method: 'POST',
      url: '/v1/campaigns?dryRun=true',
      payload: { app: APP_ID, look: LOOK, scenes },
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      ...{ rows: 3, invalidRows: 1, duplicates: 1, alreadyPublished: 0, calls: 2, estimated: false },
      ...{ perMinute: 60, etaSeconds: 2, days: 1, lifetime: null },
      storage: { bytes: 110_000, seen: false, by: 'formula' },
      errors: [{ pointer: '/scenes/3', errors: [{ field: 'scene' }] }],
    })
    expect(await api.keys('')).toEqual([])
    expect(api.fake.campaigns.size).toBe(0)
  })

  it('reads a stream as well, and tells what a lifetime allows', async () => {
    const api = await createTestApi()
    const answer = await api.ask({
      method: 'POST',
      url: `/v1/campaigns?app=${APP_ID}&endpoint=limited&dryRun=true`,
      payload: 'scene\npages/a?n=1\npages/a?n=2\n',
      headers: { 'content-type': 'text/csv' },
    })
    expect(answer.json()).toMatchObject({
      rows: 2,
      lifetime: { used: 0, fresh: 2, after: 2, limit: 10, whole: true, allowed: true },
    })
    expect(await api.keys('')).toEqual([])
  })

  it('counts the day, the holds that stand, and what else is printed', async () => {
    const facts = { ...NOTHING_STOPS, holds: [] as Hold[], others: [] as CampaignIndex[] }
    const lanes = { ...NOTHING_STOPS.lanes, limited: { usedToday: 90, rate: 1 } }
    const api = await createTestApi(() => ({
      waitingFactsOf: async () => ({ ...facts, lanes }),
      rateOf: () => 600,
      dayLimitOf: () => 100,
    }))
    const range = { template: 'pages/a?n={n}', from: 1, to: 500 }
    const seconds = async () => {
      const payload = { app: APP_ID, look: { endpoint: 'limited' }, range }
      const { etaSeconds, days } = (
        await api.ask({ method: 'POST', url: '/v1/campaigns?dryRun=true', payload })
      ).json()
      return [etaSeconds, days]
    }
    // 20:00 in Shanghai; ten today, 100 on each of four days from 00:05 on, and 90 on the fifth.
    const fifth = 4 * 3_600 + 300 + 4 * 86_400
    expect(await seconds()).toEqual([fifth + 9, 5])
    const target = { scope: 'lane', app: APP_ID, lane: 'limited' } as const
    const untilMs = NOW_MS + 86_400_000
    facts.holds.push({ target, reason: 'day_quota', untilMs, message: null })
    // From 20:00 of the next day on, the whole of it is left: one day's calls, and four days' more.
    expect(await seconds()).toEqual([fifth + 10, 5])
    facts.holds.length = 0
    facts.others.push(OTHER)
    expect((await seconds())[1]).toBe(10)
  })

  it('is for two at once, whose memory it takes; a third is told to come again', async () => {
    let goOn = (): void => {}
    const looked = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let looking = 0
    const api = await createTestApi(({ codes }) => ({
      codes: {
        ...codes,
        async stat(key) {
          looking++
          await looked
          return await codes.stat(key)
        },
      },
    }))
    const dryRun = () =>
      api.ask({
        method: 'POST',
        url: '/v1/campaigns?dryRun=true',
        payload: { app: APP_ID, look: LOOK, scenes: ['s=1'] },
      })
    const two = [dryRun(), dryRun()]
    await expect.poll(() => looking).toBe(2)
    const third = await dryRun()
    expect([third.statusCode, third.json().code, third.headers['retry-after']]).toEqual([503, 'busy', '10'])
    expect(api.failures).toEqual([])
    goOn()
    expect((await Promise.all(two)).map(({ statusCode }) => statusCode)).toEqual([200, 200])
    expect((await dryRun()).statusCode).toBe(200)
  })

  it('refuses what no campaign could be made of', async () => {
    const api = await createTestApi()
    const payload = { app: 'wx0', look: LOOK, scenes }
    const answer = await api.ask({ method: 'POST', url: '/v1/campaigns?dryRun=true', payload })
    expect(answer.statusCode).toBe(422)
  })
})

describe('the guard of a lifetime', () => {
  const paths = Array.from({ length: 10 }, (_, n) => `pages/a?n=${n}`)
  const request = { app: APP_ID, look: { endpoint: 'limited' }, scenes: paths }

  it('refuses a campaign that would bring an app near the end of its lifetime quota, and leaves nothing behind', async () => {
    const api = await createTestApi()
    const answer = await post(api, request)
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ rule: 'lifetime_quota', value: 10 }] })
    expect(answer.json().errors[0].message).toContain('at most 9 of the 10 codes')
    expect(await api.keys('campaigns/')).toEqual([])
  })

  it('lets one pass that stays below, one that says so, and every one of the other lane', async () => {
    const api = await createTestApi()
    expect((await post(api, { ...request, scenes: paths.slice(1) })).statusCode).toBe(202)
    expect((await post(api, { ...request, lifetimeGuard: false })).statusCode).toBe(202)
    const unlimited = { app: APP_ID, look: LOOK, scenes: paths.map((_, n) => `s=${n}`) }
    expect((await post(api, unlimited)).statusCode).toBe(202)
    expect((await recordOf(api, (await post(api, unlimited)).json().id)) as object).not.toHaveProperty(
      'lifetimeGuard',
    )
  })

  it('wants true or false', async () => {
    const api = await createTestApi()
    expect((await post(api, { ...request, lifetimeGuard: 'no' })).statusCode).toBe(422)
  })
})
