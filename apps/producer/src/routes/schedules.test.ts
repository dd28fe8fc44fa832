import type { RunRecord } from '@sunpress/core'
import { createScheduleLedger } from '@sunpress/ledger'
import { newRun } from '@sunpress/upkeep'
import { beforeEach, describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, NOW_MS, type TestApi } from '../testing/test-api.js'

const BODY = {
  app: APP_ID,
  cron: '30 2 * * *',
  timeZone: 'Asia/Shanghai',
  window: { from: '22:00', to: '06:00' },
  deadline: '6h',
  look: { page: 'pages/index/index' },
  source: {
    kind: 'url',
    url: 'https://shops.example/rows',
    format: 'ndjson',
    headers: { Authorization: 'env:SOURCE_SHOPS' },
  },
}

let api: TestApi
let woken: (string | undefined)[]
beforeEach(async () => {
  woken = []
  api = await createTestApi(() => ({ wakeScheduler: (name) => void woken.push(name) }))
})

const put = (name: string, payload: unknown = BODY) =>
  api.ask({ method: 'PUT', url: `/v1/schedules/${name}`, payload: payload as object })
const get = async (url: string) => (await api.ask({ method: 'GET', url: `/v1/schedules${url}` })).json()
const post = (url: string) => api.ask({ method: 'POST', url: `/v1/schedules${url}` })

describe('PUT /v1/schedules/{name}', () => {
  it('makes a schedule, then replaces it, and wakes the scheduler', async () => {
    const made = await put('stores')
    expect(made.statusCode).toBe(201)
    expect(made.json()).toMatchObject({
      ...{
        name: 'stores',
        app: APP_ID,
        cron: '30 2 * * *',
        window: BODY.window,
        deadline: '6h',
        priority: 5,
      },
      ...{ missed: 'run_once', paused: false, lastRun: null, nextRunAt: '2026-03-01T18:30:00.000Z' },
      source: { headers: { authorization: 'env:SOURCE_SHOPS' } },
      look: { page: 'pages/index/index', width: 430 },
    })
    const replaced = await put('stores', { ...BODY, priority: 9, window: null })
    expect(replaced.statusCode).toBe(200)
    expect(replaced.json()).toMatchObject({ priority: 9, window: null, createdAt: made.json().createdAt })
    expect(await get('/stores')).toEqual(replaced.json())
    expect(woken).toEqual([undefined, undefined])
  })

  it('answers with every defect at its place, and makes nothing', async () => {
    const answer = await put('stores', {
      ...BODY,
      app: 'wx',
      cron: '* * * * *',
      source: { kind: 'url', format: 'csv' },
      more: 1,
    })
    expect(answer.statusCode).toBe(422)
    expect(answer.json().errors.map(({ pointer, rule }) => `${pointer} ${rule}`)).toEqual([
      ...['/more unknown', '/app unknown_app', '/cron format', '/source/url required'],
    ])
    expect((await post('/stores/run')).statusCode).toBe(404)
  })

  it('refuses a secret that the producer has not, or may not send', async () => {
    const headers = { authorization: 'env:SOURCE_OTHER' }
    const answer = await put('stores', { ...BODY, source: { ...BODY.source, headers } })
    expect(answer.json().errors).toMatchObject([
      { pointer: '/source/headers/authorization', rule: 'missing' },
    ])
  })

  it.each([
    [
      'without a page: its rows have none of their own',
      { look: undefined, source: { kind: 'range', template: 's={n}', from: 1, to: 5 } },
      [
        '/look/page required look.page: expected a page, as rows of a range have none of their own, got nothing',
      ],
    ],
    [
      'whose last scene is too long',
      { source: { kind: 'range', template: 'shop={n:20}&campaign={n}', from: 1, to: 5 } },
      ['/source/template length source.template: in its last row, scene: expected'],
    ],
  ])('refuses a range %s', async (_what, more, expected) => {
    const answer = await put('stores', { ...BODY, ...more })
    expect(answer.statusCode).toBe(422)
    const said = answer.json().errors.map(({ pointer, rule, message }) => `${pointer} ${rule} ${message}`)
    expect(said).toEqual(expected.map((text) => expect.stringContaining(text)))
    expect((await post('/stores/run')).statusCode).toBe(404)
  })

  it('takes a range without a page where its endpoint wants none, and a file that may bring pages', async () => {
    const range = { kind: 'range', template: 'pages/a?n={n}', from: 1, to: 5 }
    expect((await put('limited', { ...BODY, look: { endpoint: 'limited' }, source: range })).statusCode).toBe(
      201,
    )
    expect((await put('pages', { ...BODY, look: undefined })).statusCode).toBe(201)
  })

  it('refuses names that can’t stand in a key, and what is no JSON', async () => {
    expect((await put('Stores')).statusCode).toBe(400)
    expect((await put('a%20b')).json()).toMatchObject({
      code: 'bad_parameter',
      errors: [{ parameter: 'name', message: 'name: expected 1 to 40 of a-z, 0-9 and -, got "a b"' }],
    })
    expect((await put('a'.repeat(41))).statusCode).toBe(400)
    const text = {
      method: 'PUT' as const,
      url: '/v1/schedules/stores',
      payload: 'x',
      headers: { 'content-type': 'text/csv' },
    }
    expect((await api.ask(text)).json()).toMatchObject({
      ...{ status: 415, code: 'media_type' },
      errors: [{ message: 'Content-Type: expected application/json, got "text/csv"' }],
    })
    expect((await put('stores', [])).statusCode).toBe(422)
  })
})

describe('looking at schedules', () => {
  it('lists them by name, page by page', async () => {
    for (const name of ['c', 'a', 'b']) await put(name)
    const first = await get('?limit=2')
    expect([first.items.map(({ name }) => name), first.nextCursor]).toEqual([['a', 'b'], 'b'])
    const second = await get('?limit=2&cursor=b')
    expect([second.items.map(({ name }) => name), second.nextCursor]).toEqual([['c'], null])
  })

  it('skips none of them, though the store has another order', async () => {
    const names = ['stores', 'stores-night', 'stores-x', 'z']
    for (const name of names) await put(name)
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null && seen.length < 9; ) {
      const page: { items: { name: string }[]; nextCursor: string | null } = await get(
        `?limit=1&cursor=${cursor}`,
      )
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(names)
  })

  it('answers the others where the file of one is damaged, which can be replaced, and removed', async () => {
    for (const name of ['a', 'b', 'c']) await put(name)
    const damage = () => api.store.records.put('schedules/b.json', Buffer.from('{"v":1,"na'))
    await damage()
    const names = async () => (await get('')).items.map(({ name }) => name)
    expect([await names(), api.leftOut]).toEqual([['a', 'c'], ['schedule b']])
    expect((await put('b')).statusCode).toBe(201)
    expect(await names()).toEqual(['a', 'b', 'c'])
    await damage()
    expect((await api.ask({ method: 'DELETE', url: '/v1/schedules/b' })).statusCode).toBe(204)
    expect(await names()).toEqual(['a', 'c'])
  })

  it('answers the others where the last run of one is damaged', async () => {
    for (const name of ['a', 'b']) await put(name)
    await api.store.records.put('schedules/b/runs/2026-03-01.json', Buffer.from('{'))
    expect((await get('')).items).toMatchObject([{ name: 'a' }])
  })

  it('knows which there are', async () => {
    for (const [method, url] of [
      ['GET', '/no'],
      ['DELETE', '/no'],
      ['POST', '/no/run'],
      ['POST', '/no/pause'],
      ['GET', '/no/runs'],
    ] as const) {
      const answer = await api.ask({ method, url: `/v1/schedules${url}` })
      expect(answer.json()).toMatchObject({ status: 404, detail: 'There is no such schedule.' })
    }
  })
})

describe('steering schedules', () => {
  it('pauses and resumes: the nights of the pause are let be', async () => {
    await put('stores')
    expect((await post('/stores/pause')).json()).toMatchObject({ paused: true, nextRunAt: null })
    expect((await post('/stores/pause')).json()).toMatchObject({ paused: true })
    expect((await post('/stores/resume')).json()).toMatchObject({
      paused: false,
      nextRunAt: '2026-03-01T18:30:00.000Z',
    })
    const record = await createScheduleLedger(api.store.records).read('stores')
    expect(Date.parse(record?.since ?? '')).toBeGreaterThan(Date.parse(record?.createdAt ?? ''))
  })

  it('removes one, and keeps its history', async () => {
    await put('stores')
    await post('/stores/run')
    expect((await api.ask({ method: 'DELETE', url: '/v1/schedules/stores' })).statusCode).toBe(204)
    expect((await api.ask({ method: 'GET', url: '/v1/schedules/stores' })).statusCode).toBe(404)
    expect((await get('/stores/runs')).items.length).toBe(1)
  })

  it('runs one now: the run is in the ledger before the answer, and the scheduler is woken for it', async () => {
    await put('stores')
    const answer = await post('/stores/run')
    expect(answer.statusCode).toBe(202)
    const run = answer.json()
    expect(run).toMatchObject({ schedule: 'stores', manual: true, outcome: 'running', date: '2026-03-01' })
    expect(answer.headers['location']).toBe(`/v1/campaigns/${run.campaign}`)
    expect(woken).toEqual([undefined, 'stores'])
    expect(await api.keys('open/run/')).toEqual([`open/run/stores/2026-03-01.${run.campaign}`])
    expect((await get('/stores')).lastRun).toEqual(run)
  })

  it('shows its nights, newest first', async () => {
    await put('stores')
    const ledger = createScheduleLedger(api.store.records)
    const schedule = await ledger.read('stores')
    if (schedule === null) throw new Error('no schedule')
    const night = (date: string): RunRecord =>
      newRun(schedule, { date: date as never, atMs: NOW_MS }, NOW_MS, 'skipped')
    for (const date of ['2026-02-26', '2026-02-27', '2026-02-28']) await ledger.writeRun(night(date))
    const first = await get('/stores/runs?limit=2')
    expect(first.items.map(({ date }) => date)).toEqual(['2026-02-28', '2026-02-27'])
    const second = await get(`/stores/runs?limit=2&cursor=${first.nextCursor}`)
    expect([second.items.map(({ date }) => date), second.nextCursor]).toEqual([['2026-02-26'], null])
  })
})
