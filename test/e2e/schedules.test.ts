/** Schedules from their request to the opened pictures, over both stores. Every process is a real one. */
import { localTimeAt } from '@sunpress/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, type Campaign, createApi, type Row } from './api.js'
import { checkRows } from './check-rows.js'
import { type Company, startCompany } from './company.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { makeBucket } from './make-bucket.js'
import { clockAheadBy, type Nights, openNights } from './nights.js'
import { sunpressOf } from './run-cli.js'
import type { Service } from './service.js'

const [STORES, NEWS, PAGED, KILLED, HOURS] = [appid(0), appid(1), appid(2), appid(3), appid(4)] as const
const KEY = 'Bearer of-the-shops'
const MINUTE_MS = 60_000
/** A minute until others have a dead producer's night, as is promised, and one for starts and pictures. */
const TAKEN_OVER_WITHIN_MS = 2 * MINUTE_MS

const scenesOf = (prefix: string, many: number): string[] =>
  Array.from({ length: many }, (_, n) => `${prefix}=${n}`)
const csvOf = (scenes: readonly string[]): string =>
  ['scene,ref', ...scenes.map((scene) => `${scene},"R, ${scene}"`), ''].join('\n')
const linesOf = (scenes: readonly string[]): string =>
  scenes.map((scene) => `${JSON.stringify({ scene })}\n`).join('')

// They mostly wait: both stores side by side.
describe.concurrent.each(['file', 's3'] as const)('schedules over a %s store', (kind) => {
  let works: Installation
  let company: Company
  let nights: Nights
  /** The producers that are up, the one that is asked first. */
  let producers: Service[]
  const api = (): Api => createApi(producers[0]?.url ?? '')

  beforeAll(async () => {
    company = await startCompany()
    works = await startInstallation({
      ...(kind === 's3' ? { s3: await makeBucket() } : {}),
      env: { SUNPRESS_SOURCE_ALLOW_PRIVATE: company.host, SOURCE_SHOPS: KEY },
    })
    producers = [works.producer]
    nights = await openNights(works.env, api)
    await works.startWorker()
  })
  afterAll(async () => {
    await nights?.close()
    await works?.stop()
    await company?.close()
  })

  const scenesCalledFor = async (app: string): Promise<string[]> =>
    (await works.admin.calls(app)).map(({ scene }) => scene ?? '').toSorted()
  const campaignsOf = async (app: string): Promise<string[]> => {
    const { body } = await api().ask<{ items: Campaign[] }>('/v1/campaigns?limit=1000')
    return body.items.filter((campaign) => campaign.app === app).map(({ id }) => id)
  }
  /** The rows of a campaign that has completed with these scenes, each with its opened picture as it should be. */
  async function expectPrinted(id: string, scenes: readonly string[]): Promise<Row[]> {
    const { counts } = await api().completed(id)
    expect(counts).toMatchObject({ total: scenes.length, published: scenes.length, refused: 0, pending: 0 })
    const rows = (await api().rows(id)).toSorted((a, b) => a.index - b.index)
    expect(rows.map(({ scene }) => scene)).toEqual(scenes)
    expect(await checkRows(rows, api().url)).toEqual([])
    return rows
  }

  it('print the object of the date when they are run by hand, and once more without a call', async () => {
    const scenes = scenesOf('o', 12)
    const key = 'sources/stores-{yyyy}{mm}{dd}.csv'
    await nights.putObject(key, 'today', csvOf(scenes))
    const source = { kind: 'object', key, format: 'csv' }
    expect((await nights.put('stores', { app: STORES, source })).status).toBe(201)
    const { stdout } = await sunpressOf(api().url)('schedule', 'run', 'stores', '--json')
    const { campaign } = JSON.parse(stdout) as { campaign: string }
    const run = await nights.ended('stores', campaign)
    expect(run).toMatchObject({ manual: true, date: nights.dates.today, outcome: 'created', total: 12 })
    const printed = await expectPrinted(campaign, scenes)
    expect(printed.map(({ ref, reused }) => [ref, reused])).toEqual(
      scenes.map((scene) => [`R, ${scene}`, false]),
    )
    expect(await scenesCalledFor(STORES)).toEqual(scenes.toSorted())
    const again = await nights.run('stores')
    expect(await nights.ended('stores', again.campaign)).toMatchObject({ outcome: 'created', total: 12 })
    const reused = await expectPrinted(again.campaign, scenes)
    expect(reused.every((row) => row.reused)).toBe(true)
    expect(reused.map(({ sha256 }) => sha256)).toEqual(printed.map(({ sha256 }) => sha256))
    expect((await api().campaign(again.campaign)).counts.reused).toBe(12)
    expect(await scenesCalledFor(STORES)).toEqual(scenes.toSorted())
  })

  it('have nothing new on a night whose object says what the last one said', async () => {
    const scenes = scenesOf('n', 8)
    const key = 'sources/news-{yyyy}-{mm}-{dd}.csv'
    for (const night of ['yesterday', 'today'] as const) await nights.putObject(key, night, csvOf(scenes))
    const fields = { app: NEWS, source: { kind: 'object', key, format: 'csv' } }
    const { yesterday, today } = nights.dates
    await nights.begin('news', fields, 'yesterday')
    const first = await nights.ended('news', yesterday)
    expect(first).toMatchObject({ manual: false, outcome: 'created', total: 8 })
    await expectPrinted(first.campaign, scenes)
    await nights.begin('news', fields, 'today')
    expect(await nights.ended('news', today)).toMatchObject({ outcome: 'nothing_new', total: null })
    expect((await nights.runs('news')).map(({ date }) => date)).toEqual([today, yesterday])
    expect(await campaignsOf(NEWS)).toEqual([first.campaign])
    expect(await scenesCalledFor(NEWS)).toEqual(scenes)
  })

  it('print an endpoint page by page, and ask the next night by its tag', async () => {
    const scenes = scenesOf('p', 9)
    company.serve('/paged', ({ url }, response) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 1)
      if (page < 3) response.setHeader('link', `</paged?page=${page + 1}>; rel="next"`)
      response.setHeader('etag', `"p${page}"`).end(csvOf(scenes.slice(page * 3 - 3, page * 3)))
    })
    const endpoint = { kind: 'url', headers: { Authorization: 'env:SOURCE_SHOPS' } }
    const paged = { ...endpoint, url: `http://${company.host}/paged?day={yyyy}-{mm}-{dd}`, format: 'csv' }
    const { yesterday, today } = nights.dates
    await nights.begin('paged', { app: PAGED, source: paged }, 'yesterday')
    const { campaign } = await nights.ended('paged', yesterday)
    await expectPrinted(campaign, scenes)
    const pages = [`/paged?day=${yesterday}`, '/paged?page=2', '/paged?page=3']
    expect(company.asked('/paged').map(({ url }) => url)).toEqual(pages)

    const more = scenesOf('t', 4)
    company.serve('/tagged', ({ headers }, response) => {
      const isKnown = headers['if-none-match'] === '"v1"'
      response.writeHead(isKnown ? 304 : 200, { etag: '"v1"' }).end(isKnown ? '' : linesOf(more))
    })
    const tagged = { ...endpoint, url: `http://${company.host}/tagged`, format: 'ndjson' }
    await nights.begin('tagged', { app: PAGED, source: tagged }, 'yesterday')
    const first = await nights.ended('tagged', yesterday)
    await expectPrinted(first.campaign, more)
    await nights.begin('tagged', { app: PAGED, source: tagged }, 'today')
    expect(await nights.ended('tagged', today)).toMatchObject({ outcome: 'nothing_new' })
    const asked = [...company.asked('/paged'), ...company.asked('/tagged')]
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([...Array(4), '"v1"'])
    expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(new Set([KEY]))
    expect(await scenesCalledFor(PAGED)).toEqual([...scenes, ...more])
  })

  it.sequential('make one campaign of a night whose producer is killed while it reads', {
    timeout: TAKEN_OVER_WITHIN_MS,
  }, async () => {
    const scenes = scenesOf('k', 10)
    const isRead = new Promise<void>((resolve) => {
      company.serve('/slow', (_asked, response) =>
        response.write(linesOf(scenes.slice(0, 3)), () => resolve()),
      )
    })
    const source = { kind: 'url', url: `http://${company.host}/slow`, format: 'ndjson' }
    await nights.begin('killed', { app: KILLED, source }, 'yesterday')
    await isRead
    await works.producer.kill('SIGKILL')
    company.serve('/slow', (_asked, response) => response.end(linesOf(scenes)))
    producers = await Promise.all([works.startProducer(), works.startProducer()])
    const run = await nights.ended('killed', nights.dates.yesterday)
    expect(run).toMatchObject({ outcome: 'created', total: 10 })
    await expectPrinted(run.campaign, scenes)
    expect(await campaignsOf(KILLED)).toEqual([run.campaign])
    expect(await nights.runs('killed')).toHaveLength(1)
    expect(company.asked('/slow')).toHaveLength(2)
    expect(await scenesCalledFor(KILLED)).toEqual(scenes)
  })

  it.sequential('keep a campaign back while their window is closed, and print it when that opens', async () => {
    const at = (ms: number) => localTimeAt(Date.now() + ms, nights.timeZone)
    const opens = at(10 * MINUTE_MS)
    const range = (prefix: string) => ({ kind: 'range', template: `${prefix}={n}`, from: 0, to: 7 })
    const closed = { app: HOURS, source: range('w'), window: { from: opens, to: '18:00' } }
    await nights.put('hours', closed)
    const { campaign } = await nights.run('hours')
    const waits = ({ waitingReason }: Campaign) => waitingReason === 'window_closed'
    const { waitingUntil } = await api().until(campaign, waits)
    expect(localTimeAt(Date.parse(waitingUntil ?? ''), nights.timeZone)).toBe(opens)
    // Other hours are those of later campaigns: this one keeps its own.
    await nights.put('hours', { app: HOURS, source: range('v'), window: { from: '11:00', to: '18:00' } })
    const open = await nights.run('hours')
    await expectPrinted(open.campaign, scenesOf('v', 8))
    expect(await scenesCalledFor(HOURS)).toEqual(scenesOf('v', 8))
    expect(await api().campaign(campaign)).toMatchObject({ waitingReason: 'window_closed', waitingUntil })

    await Promise.all(producers.map((producer) => producer.stop()))
    const aheadMs = Date.parse(waitingUntil ?? '') - Date.now() + 1_000
    producers = [await works.startProducer({ env: clockAheadBy(aheadMs) })]
    await expectPrinted(campaign, scenesOf('w', 8))
    expect(await scenesCalledFor(HOURS)).toEqual([...scenesOf('v', 8), ...scenesOf('w', 8)])
  })
})
