import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type App,
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type Clock,
  DEFAULT_QUOTAS,
  parseSchedule,
  RetryFault,
  type RunRecord,
  Secret,
  scheduleAfter,
} from '@sunpress/core'
import { createFeedIndex, createPlanningBoard } from '@sunpress/feed'
import { createGuardedFetch } from '@sunpress/http'
import {
  type CampaignLedger,
  createCampaignLedger,
  createOpenings,
  createScheduleLedger,
  type ScheduleLedger,
} from '@sunpress/ledger'
import { connectRedis, createLeases, type Leases, scheduleKeys } from '@sunpress/redis'
import { closedAppBook } from '@sunpress/runtime'
import { parseRange } from '@sunpress/sources'
import { openStore } from '@sunpress/storage'
import { createScheduler, type Scheduler } from '@sunpress/upkeep'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createNightMaker } from './night-maker.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'schedules-test' })
const folder = mkdtempSync(join(tmpdir(), 'sunpress-schedules-'))
const APP_ID = 'wx0123456789abcdef' as AppId
const APP: App = {
  appid: APP_ID,
  name: 'Shops',
  credential: { kind: 'secret', appSecret: new Secret('x'), endpoint: 'stable' },
  quotas: DEFAULT_QUOTAS,
}
const NAME = 'stores'

let nowMs = 0
let sleepers: { readonly atMs: number; readonly wake: () => void }[] = []
/** Stands still until a test sets it on; who sleeps is woken by `pass` alone. */
const clock: Clock = {
  now: () => nowMs,
  monotonic: () => nowMs,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      sleepers.push({ atMs: nowMs + ms, wake: resolve })
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
}
const pass = (ms: number): void => {
  nowMs += ms
  for (const { wake } of sleepers.filter(({ atMs }) => atMs <= nowMs)) wake()
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void
let answer: Answer = (_request, response) => response.end()
let asked: IncomingMessage[] = []
const server = createServer((request, response) => {
  asked.push(request)
  answer(request, response)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
const fetch = createGuardedFetch({ allowPrivate: [host] })

const makeStore = async () => openStore(`file:${join(folder, randomUUID())}`, { clock })
let store: Awaited<ReturnType<typeof makeStore>>
let namespace = ''
const running: Scheduler[] = []
let ended: RunRecord[] = []
let faults: unknown[] = []

beforeEach(async () => {
  namespace = `t-${randomUUID()}`
  store = await makeStore()
  nowMs = Date.parse('2026-11-20T02:30:05Z')
  sleepers = []
  ended = []
  faults = []
  asked = []
})
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
  expect(faults).toEqual([])
})
afterAll(async () => {
  await fetch.close()
  server.closeAllConnections()
  server.close()
  redis.disconnect()
  rmSync(folder, { recursive: true })
})

const schedules = () => createScheduleLedger(store.records)
const campaigns = () => createCampaignLedger(store.records)

interface Changes {
  readonly campaigns?: CampaignLedger
  readonly leases?: Leases
  readonly schedules?: ScheduleLedger
}

/** As a producer has it, but for the alarms. */
function scheduler(change: Changes = {}): Scheduler {
  const index = createFeedIndex({ redis, namespace })
  const nights = createNightMaker({
    ...{ index, clock, fetch, schedules: change.schedules ?? schedules(), records: store.records },
    apps: closedAppBook([APP]),
    campaigns: change.campaigns ?? campaigns(),
    openings: createOpenings({ records: store.records, clock }),
    markHealing: async () => {},
    planLifetime: async () => ({ known: 0, fresh: 0, usedAfter: 0, limit: 100_000, whole: true }),
    planning: createPlanningBoard({ redis, namespace }),
    secrets: { read: (reference) => (reference === 'env:SOURCE_SHOPS' ? 'Bearer of-shops' : null) },
    sourceMaxBytes: 1_000,
  })
  const made = createScheduler({
    ...{ schedules: change.schedules ?? schedules(), holder: randomUUID(), namespace, clock, nights },
    leases: change.leases ?? createLeases(redis),
    timers: { set: async () => {} },
    observer: {
      ended: (run) => ended.push(run),
      tryFailed: () => {},
      failed: (_what, fault) => faults.push(fault),
    },
  })
  running.push(made)
  return made
}

async function put(source: object, change: object = {}, since = '2026-11-20T00:00:00Z'): Promise<void> {
  const body = {
    app: APP_ID,
    cron: '30 2 * * *',
    timeZone: 'UTC',
    look: { page: 'pages/index/index' },
    source,
    ...change,
  }
  const parsed = parseSchedule(body, { hasApp: () => true, parseRange })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.defects))
  await schedules().write(scheduleAfter(null, NAME, parsed.value, since))
}
const url = (change: object = {}) => ({
  kind: 'url',
  url: `http://${host}/rows`,
  format: 'ndjson',
  ...change,
})

const rowsText = (...scenes: string[]): string =>
  scenes.map((scene) => `${JSON.stringify({ scene })}\n`).join('')
const allCampaigns = async (): Promise<CampaignRecord[]> => {
  const found: CampaignRecord[] = []
  for await (const id of campaigns().list()) {
    const campaign = await campaigns().readCampaign(id)
    if (campaign !== null) found.push(campaign)
  }
  return found
}
const scenesOf = async (id: CampaignId): Promise<string[]> =>
  ((await campaigns().readPart(id, 0)) ?? []).map(({ scene }) => scene)
const runOf = (date: string) => schedules().readRun({ schedule: NAME, key: date })
const nextNight = () => {
  nowMs += 86_400_000
}
const keysUnder = async (prefix: string) => (await store.records.list(prefix)).keys

/** The only campaign there is. */
async function onlyCampaign(): Promise<CampaignRecord> {
  const [campaign, ...more] = await allCampaigns()
  expect(more).toEqual([])
  if (campaign === undefined) throw new Error('no campaign')
  return campaign
}

describe('a night over a real Redis and a file store', () => {
  it('is one campaign when two schedulers look at once, and asks the source once', async () => {
    answer = (_request, response) => response.end(rowsText('s=1', 's=2'))
    await put(url(), { window: { from: '22:00', to: '06:00' }, priority: 8 })
    await Promise.all([scheduler().look(), scheduler().look(), scheduler().look(NAME)])
    const campaign = await onlyCampaign()
    expect(campaign).toMatchObject({
      ...{ app: APP_ID, name: 'stores 2026-11-20', priority: 8, total: 2, source: { kind: 'ndjson' } },
      window: { from: '22:00', to: '06:00', timeZone: 'UTC' },
      schedule: { name: NAME, date: '2026-11-20' },
    })
    expect(await scenesOf(campaign.id)).toEqual(['s=1', 's=2'])
    expect(await campaigns().readOpenMark(campaign.id)).toMatchObject({ app: APP_ID })
    expect(asked.length).toBe(1)
    expect(ended).toMatchObject([{ outcome: 'created', total: 2, campaign: campaign.id }])
  })

  it('is one campaign though two schedulers both think that they alone are at work, and are given other rows', async () => {
    let turn = 0
    answer = (_request, response) => response.end(rowsText(`s=${turn++}`, 's=x'))
    await put(url())
    const leases: Leases = { claim: async () => 1, release: async () => {} }
    await Promise.all([scheduler({ leases }).look(), scheduler({ leases }).look()])
    const campaign = await onlyCampaign()
    expect(await scenesOf(campaign.id)).toHaveLength(2)
    expect(campaign.total).toBe(2)
    expect((await runOf('2026-11-20'))?.outcome).toBe('created')
    expect(new Set(ended.map(({ outcome }) => outcome))).toEqual(new Set(['created']))
  })

  it('goes on where a process died between its parts and campaign.json, with the rows of the first', async () => {
    answer = (_request, response) => response.end(rowsText('s=1', 's=2'))
    await put(url())
    let wake = () => {}
    const stopped = new Promise<void>((resolve) => {
      wake = resolve
    })
    let reached = () => {}
    const frozen = new Promise<void>((resolve) => {
      reached = resolve
    })
    const ledger = campaigns()
    const dying: CampaignLedger = {
      ...ledger,
      async markOpen(id, app) {
        reached()
        await stopped
        await ledger.markOpen(id, app)
      },
    }
    const dead = scheduler({ campaigns: dying }).look()
    await frozen
    expect((await keysUnder('campaigns/')).some((key) => key.includes('/scenes/part-0'))).toBe(true)
    expect(await allCampaigns()).toEqual([])
    // Its lease runs out, and the company's rows have changed meanwhile.
    await redis.del(scheduleKeys(namespace).lease(NAME))
    answer = (_request, response) => response.end(rowsText('s=3'))
    nowMs += 10 * 60_000
    await scheduler().look()
    const campaign = await onlyCampaign()
    expect(await scenesOf(campaign.id)).toEqual(['s=1', 's=2'])
    expect(campaign.total).toBe(2)
    // What was only asleep changes nothing when it wakes.
    const before = await runOf('2026-11-20')
    wake()
    await dead
    expect(await onlyCampaign()).toEqual(campaign)
    expect(await runOf('2026-11-20')).toEqual(before)
    expect(asked.length).toBe(1)
    // Nothing is left over but what was chosen.
    expect(await keysUnder('open/run/')).toEqual([])
    expect(await keysUnder(`schedules/${NAME}/runs/2026-11-20/`)).toEqual([
      `schedules/${NAME}/runs/2026-11-20/rows.json`,
    ])
  })

  it('prints the rows whose choice was written, though its answer was lost', async () => {
    answer = (_request, response) => response.end(rowsText(`s=${asked.length}`))
    await put(url())
    const { records } = store
    let lost = 0
    const losing = createScheduleLedger({
      ...records,
      async putIfAbsent(key, bytes) {
        const done = await records.putIfAbsent(key, bytes)
        if (key.endsWith('/rows.json') && lost++ === 0) throw new RetryFault('store_timeout', 'no answer')
        return done
      },
    })
    const one = scheduler({ schedules: losing })
    await one.look()
    expect(await allCampaigns()).toEqual([])
    nowMs += 60_000
    await one.look()
    expect(await scenesOf((await onlyCampaign()).id)).toEqual(['s=1'])
    expect(asked.length).toBe(1)
  })

  it('makes up for a night that was missed, or lets it be, by choice', async () => {
    answer = (_request, response) => response.end(rowsText('s=1'))
    await put(url(), { missed: 'skip' })
    nowMs = Date.parse('2026-11-20T09:00:00Z')
    await scheduler().look()
    expect(ended).toMatchObject([{ date: '2026-11-20', outcome: 'skipped' }])
    expect(asked).toEqual([])
    await put(url(), { missed: 'run_once' })
    nowMs = Date.parse('2026-11-22T09:00:00Z')
    await scheduler().look()
    expect(ended.slice(1)).toMatchObject([
      { date: '2026-11-21', outcome: 'skipped' },
      { date: '2026-11-22', outcome: 'created' },
    ])
    expect((await onlyCampaign()).schedule?.date).toBe('2026-11-22')
  })
})

describe('an endpoint', () => {
  it('whose rows are as they were makes no campaign: asked by their tag, or told by their bytes', async () => {
    answer = (request, response) => {
      const same = request.headers['if-none-match'] === '"v1"'
      response.writeHead(same ? 304 : 200, { etag: '"v1"' }).end(same ? '' : rowsText('s=1'))
    }
    await put(url({ headers: { Authorization: 'env:SOURCE_SHOPS' } }))
    await scheduler().look()
    nextNight()
    await scheduler().look()
    answer = (_request, response) => response.end(rowsText('s=1'))
    nextNight()
    await scheduler().look()
    expect(ended.map(({ outcome }) => outcome)).toEqual(['created', 'nothing_new', 'nothing_new'])
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"v1"', '"v1"'])
    expect(asked.every(({ headers }) => headers.authorization === 'Bearer of-shops')).toBe(true)
    await onlyCampaign()
    // The value itself is written nowhere.
    for (const key of await keysUnder('schedules/'))
      expect(Buffer.from((await store.records.read(key)) ?? []).toString()).not.toContain('of-shops')
  })

  it('is asked for its rows in any case where the last campaign left something over', async () => {
    answer = (request, response) => {
      const same = request.headers['if-none-match'] === '"v1"'
      response.writeHead(same ? 304 : 200, { etag: '"v1"' }).end(same ? '' : rowsText('s=1'))
    }
    await put(url())
    await scheduler().look()
    const { id } = await onlyCampaign()
    const counts = { total: 1, published: 0, reused: 0, refused: 1, cancelled: 0, pending: 0, skipped: 0 }
    await campaigns().writeReport({
      v: 1,
      id,
      state: 'completed',
      counts,
      finishedAt: '2026-11-20T03:00:00Z',
    })
    nextNight()
    await scheduler().look()
    expect(ended.map(({ outcome }) => outcome)).toEqual(['created', 'created'])
    expect((await allCampaigns()).length).toBe(2)
  })

  it('is told a tag only at the address that gave it: another day, or another redirect, has tags of its own', async () => {
    const day = () => new Date(nowMs).toISOString().slice(0, 10)
    const revisions: Answer = (request, response) => {
      const same = request.headers['if-none-match'] === '"1"'
      response.writeHead(same ? 304 : 200, { etag: '"1"' }).end(same ? '' : rowsText(`s=${day()}`))
    }
    answer = revisions
    await put(url({ url: `http://${host}/rows/{yyyy}-{mm}-{dd}` }))
    await scheduler().look()
    nextNight()
    await scheduler().look()
    answer = (request, response) => {
      if (request.url !== '/rows') return revisions(request, response)
      response.writeHead(302, { location: `/rows/${day()}` }).end()
    }
    await put(url())
    for (const _night of [3, 4]) {
      nextNight()
      await scheduler().look()
    }
    expect(ended.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created', 'created'])
    expect(asked.filter(({ headers }) => headers['if-none-match'] !== undefined)).toEqual([])
  })

  it('is told the tag behind a redirect that leads where it led, and none of which nobody knows who gave it', async () => {
    answer = (request, response) => {
      if (request.url === '/rows') return void response.writeHead(302, { location: '/there' }).end()
      const same = request.headers['if-none-match'] === '"v1"'
      response.writeHead(same ? 304 : 200, { etag: '"v1"' }).end(same ? '' : rowsText('s=1'))
    }
    await put(url())
    await scheduler().look()
    nextNight()
    await scheduler().look()
    const tagsAt = () => asked.map(({ url: path, headers }) => `${path} ${headers['if-none-match'] ?? '-'}`)
    expect(tagsAt()).toEqual(['/rows -', '/there -', '/rows -', '/there "v1"'])
    // As it was written before that was noted.
    const last = await runOf('2026-11-21')
    if (last?.source == null) throw new Error('no source')
    const { etagFrom: _unknown, ...source } = last.source
    await schedules().writeRun({ ...last, source })
    nextNight()
    await scheduler().look()
    expect(tagsAt().slice(-2)).toEqual(['/rows -', '/there -'])
    expect(ended.map(({ outcome }) => outcome)).toEqual(['created', 'nothing_new', 'nothing_new'])
  })

  it('that is still giving its rows at the deadline ends the night, which says so', async () => {
    let tellClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      tellClosed = resolve
    })
    const begun = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.once('close', tellClosed)
        response.write(rowsText('s=1'), () => resolve())
      }
    })
    await put(url(), { deadline: '1m' })
    const looked = scheduler().look()
    await begun
    pass(54_999)
    expect(ended).toEqual([])
    pass(1)
    await looked
    await closed
    expect(ended).toMatchObject([{ outcome: 'failed', reason: 'source_late' }])
    expect(await allCampaigns()).toEqual([])
    expect(await keysUnder('open/run/')).toEqual([])
    expect(await keysUnder(`schedules/${NAME}/runs/2026-11-20/`)).toEqual([])
  })

  it('gives its rows page by page, each CSV page with its header, in one campaign', async () => {
    answer = (request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 1)
      if (page < 3) response.setHeader('link', `</rows?page=${page + 1}>; rel="next"`)
      const own = page === 3 ? 'pages/shop/shop' : ''
      response.end(page === 2 ? '' : `scene,ref,page,note\ns=${page},R${page},${own},n\n`)
    }
    await put(url({ format: 'csv' }))
    await scheduler().look()
    const campaign = await onlyCampaign()
    expect(await scenesOf(campaign.id)).toEqual(['s=1', 's=3'])
    expect(campaign.source).toMatchObject({ kind: 'csv', ignoredColumns: ['note'] })
    expect(campaign).toMatchObject({ total: 2, ownPages: 1 })
  })

  it('that has no rows tonight makes no campaign', async () => {
    answer = (_request, response) => response.end('scene,ref\n')
    await put(url({ format: 'csv' }))
    await scheduler().look()
    expect(ended).toMatchObject([{ outcome: 'nothing_new' }])
    expect(await allCampaigns()).toEqual([])
  })

  it('that fails is asked again until its deadline, and its rows are taken when they come', async () => {
    let tries = 0
    answer = (_request, response) => {
      if (++tries < 3) response.writeHead(503).end()
      else response.end(rowsText('s=1'))
    }
    await put(url(), { deadline: '2h' })
    const one = scheduler()
    for (let minute = 0; minute < 5; minute++) {
      await one.look()
      nowMs += 60_000
    }
    expect(tries).toBe(3)
    expect(ended).toMatchObject([{ outcome: 'created', failures: 2 }])
    await onlyCampaign()
  })

  it('whose rows are bad makes no campaign, and the history says which', async () => {
    answer = (_request, response) => response.end(rowsText('s=1', 'x'.repeat(40)))
    await put(url())
    await scheduler().look()
    expect(ended).toMatchObject([{ outcome: 'failed', reason: 'bad_rows' }])
    expect((await runOf('2026-11-20'))?.detail).toMatch(/line 2: scene/)
    expect(await allCampaigns()).toEqual([])
    await put(url(), { badRows: 'skip' })
    nextNight()
    await scheduler().look()
    expect(await onlyCampaign()).toMatchObject({ total: 1, skipped: 1 })
  })

  it('that is larger than is allowed makes no campaign, and nothing of it stays', async () => {
    answer = (_request, response) =>
      response.end(rowsText(...Array.from({ length: 100 }, (_, n) => `s=${n}`)))
    await put(url())
    await scheduler().look()
    expect((await runOf('2026-11-20'))?.reason).toBe('source_too_large')
    expect(await keysUnder(`schedules/${NAME}/runs/2026-11-20/`)).toEqual([])
  })

  it('that never ends is let go of when its schedule is removed, and keeps no other from its night', async () => {
    const ends: Promise<unknown>[] = []
    answer = (_request, response) => {
      ends.push(new Promise((resolve) => response.once('close', resolve)))
      response.write('"s=1"\n')
    }
    await put(url())
    const record = await schedules().read(NAME)
    if (record === null) throw new Error('no schedule')
    await schedules().remove(NAME)
    const pits = [1, 2, 3, 4, 5].map((n) => `pit${n}`)
    for (const name of pits) await schedules().write({ ...record, name })
    const one = scheduler()
    const looked = one.look()
    await expect.poll(() => ends.length).toBe(5)
    await put({ kind: 'range', template: 's={n}', from: 1, to: 2 })
    await one.look(NAME)
    expect(ended).toMatchObject([{ schedule: NAME, outcome: 'created' }])
    for (const name of pits) await schedules().remove(name)
    await one.look()
    await looked
    await Promise.all(ends)
    expect(ended.filter(({ reason }) => reason === 'schedule_removed').length).toBe(5)
  })

  it('with a private address is never asked', async () => {
    await put({ ...url(), url: 'https://169.254.169.254/latest' })
    await scheduler().look()
    expect(ended).toMatchObject([{ outcome: 'failed', reason: 'source_address' }])
  })
})

describe('an object of the store', () => {
  it('is waited for, and found under the date of its night', async () => {
    await put(
      { kind: 'object', key: 'sources/stores-{yyyy}{mm}{dd}.csv', format: 'csv' },
      { campaignName: 'S {yyyy}-{mm}-{dd}' },
    )
    const one = scheduler()
    await one.look()
    expect((await runOf('2026-11-20'))?.reason).toBe('source_missing')
    await store.records.put('sources/stores-20261120.csv', Buffer.from('scene\ns=1\n'))
    nowMs += 60_000
    await one.look()
    expect(await onlyCampaign()).toMatchObject({ name: 'S 2026-11-20', total: 1 })
  })

  it('that is as it was makes no campaign, and one with another look does', async () => {
    await store.records.put('sources/all.ndjson', Buffer.from(rowsText('s=1')))
    const source = { kind: 'object', key: 'sources/all.ndjson', format: 'ndjson' }
    await put(source)
    await scheduler().look()
    nextNight()
    await scheduler().look()
    await put(source, { look: { page: 'pages/index/index', width: 500 } })
    nextNight()
    await scheduler().look()
    expect(ended.map(({ outcome }) => outcome)).toEqual(['created', 'nothing_new', 'created'])
    const [first, , third] = ended.map(({ campaign }) => campaign)
    const repeats = async (id = first) => (await campaigns().readCampaign(id as CampaignId))?.repeats
    expect([await repeats(first), await repeats(third)]).toEqual([undefined, first])
  })
})

it('makes a range once, and has nothing new the night after', async () => {
  await put({ kind: 'range', template: 't={n:3}', from: 1, to: 12 })
  await scheduler().look()
  nextNight()
  await scheduler().look()
  expect(ended.map(({ outcome }) => outcome)).toEqual(['created', 'nothing_new'])
  const campaign = await onlyCampaign()
  expect(campaign).toMatchObject({ total: 12, source: { kind: 'range' } })
  expect((await scenesOf(campaign.id)).slice(-1)).toEqual(['t=012'])
})
