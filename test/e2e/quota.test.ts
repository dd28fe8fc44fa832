/**
 * Days, lifetimes, pages and campaigns that WeChat lets nobody pass: what stops, what it says, how it goes on, and that Redis may
 * forget all of it. Every process is a real one; two workers, so that what one learns must bind the other.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectRedis } from '@sunpress/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { PAGE, type ProblemBody, tick, untilThere } from './api.js'
import { type AppEntry, writeAppsFile } from './apps-file.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { createQuotaDesk, type QuotaDesk } from './quota-desk.js'
import { CLEAR_WITHIN_MS, clearOfMidnight } from './shanghai-day.js'
import { lastAtMs } from './simulator-admin.js'

const FAST = 60_000
const DAY_LIMIT = 30
const DAY = appid(1)
const CLEARED = appid(2)
const LIFE = appid(3)
const GUARDED = appid(4)
const PAGED = appid(5)
const MIXED = appid(6)
const MANY = appid(7)
const FREE = appid(8)
const TOLD = appid(9)
const SPENT = appid(10)
const LOOKED = appid(11)

const entry = (app: string, more: Readonly<Record<string, number>> = {}): AppEntry => ({
  appid: app,
  quotas: { perMinute: FAST, limitedPerMinute: FAST, ...more },
})
const appsWith = (dayLimit: number): readonly AppEntry[] => [
  entry(DAY, { limitedPerDay: dayLimit }),
  entry(CLEARED, { limitedPerDay: DAY_LIMIT }),
  entry(GUARDED, { limitedLifetime: 20 }),
  ...[LIFE, PAGED, MIXED, MANY, FREE, TOLD, SPENT, LOOKED].map((app) => entry(app)),
]

// A job that was put back in the moment of a resume waits for 60 s at most.
vi.setConfig({ testTimeout: 120_000 })

let folder: string
let works: Installation
let desk: QuotaDesk

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunpress-quota-'))
  await writeAppsFile(join(folder, 'apps.yaml'), appsWith(DAY_LIMIT))
  works = await startInstallation({
    perMinute: FAST,
    env: { SUNPRESS_APPS_FILE: join(folder, 'apps.yaml') },
  })
  desk = createQuotaDesk(works)
  await limit({ limitedPerMinute: FAST })
  await limit({ appid: TOLD, quotaGetTells: { '/wxa/getwxacodeunlimit': { perMinute: 300 } } })
  await Promise.all([works.startWorker(), works.startWorker()])
})
afterAll(async () => {
  await works?.stop()
  await rm(folder, { recursive: true, force: true })
})

beforeEach(clearOfMidnight, CLEAR_WITHIN_MS)

/** Switches of the simulated WeChat; what was used stays used. */
const limit = (switches: object) => works.admin.tell('PUT', '/limits', { ...switches, keepUse: true })
const release = (app: string, ...pages: string[]) => limit({ appid: app, pages })

const scenes = (count: number, name = 's'): string[] =>
  Array.from({ length: count }, (_, n) => `${name}=${n}`)
const paths = (count: number, name = 'id'): string[] => scenes(count, name).map((query) => `pages/a?${query}`)
const limited = (wanted: readonly string[], look: object = {}) => ({
  look: { endpoint: 'limited', ...look },
  scenes: wanted,
})

/** Longer than a permit lies in a worker's hand before its call. */
const IN_HAND_MS = 500
/** What was under way when a hold came has come back: nothing is in flight, and nothing was called for since the look before. */
async function quiet(app: string): Promise<void> {
  for (let before = -1, now = 0; before !== now; ) {
    await tick(IN_HAND_MS)
    await untilThere(async () => ((await desk.metric('sunpress_in_flight', { app })) === 0 ? true : null))
    before = now
    now = (await works.admin.callsWritten(app)).length
  }
}

/** Days turn at midnight in Shanghai, and holds end five minutes later. */
const fivePastMidnight = expect.stringMatching(/T16:05:00\.\d{3}Z$/)

describe('a day', () => {
  it('is used up to the last call, says so, and goes on when its limit is raised', async () => {
    const made = await desk.print(DAY, limited(paths(DAY_LIMIT + 10)))
    const hold = await desk.holdOf(DAY, 'day_quota')
    expect(hold).toMatchObject({ scope: 'lane', lane: 'limited', until: fivePastMidnight })
    const held = await works.api.until(made.id, ({ counts }) => counts.published === DAY_LIMIT)
    expect(held).toMatchObject({ waitingReason: 'day_quota', waitingUntil: hold.until })
    const { quotas } = await desk.app(DAY)
    expect(quotas.limited.perDay).toEqual({ used: DAY_LIMIT, limit: DAY_LIMIT })
    expect(await desk.outcomes(DAY)).toEqual({ picture: DAY_LIMIT })

    await writeAppsFile(join(folder, 'apps.yaml'), appsWith(DAY_LIMIT + 20))
    const readers = works.services.filter((service) => service !== works.simulator)
    await Promise.all(readers.map((service) => service.wrote('the apps have changed')))
    await desk.resume(DAY)
    expect((await works.api.completed(made.id)).counts).toMatchObject({
      published: DAY_LIMIT + 10,
      refused: 0,
    })
    expect(await desk.outcomes(DAY)).toEqual({ picture: DAY_LIMIT + 10 })
  })

  it('leaves the app’s other lane alone, and goes on when WeChat has cleared it', async () => {
    await limit({ appid: CLEARED, limitedPerDay: DAY_LIMIT })
    const waiting = await desk.print(CLEARED, limited(paths(DAY_LIMIT + 5)))
    await desk.holdOf(CLEARED, 'day_quota')
    const other = await desk.print(CLEARED, { scenes: scenes(50) })
    expect((await works.api.completed(other.id)).counts).toMatchObject({ published: 50 })
    const held = await works.api.until(waiting.id, ({ counts }) => counts.published === DAY_LIMIT)
    expect(held.waitingReason).toBe('day_quota')

    await desk.sunpress('app', 'clear-quota', CLEARED, '--yes')
    await desk.resume(CLEARED)
    expect((await works.api.completed(waiting.id)).counts).toMatchObject({
      published: DAY_LIMIT + 5,
      refused: 0,
    })
    expect(await desk.outcomes(CLEARED)).toEqual({ picture: DAY_LIMIT + 5 + 50 })
  })
})

describe('a lifetime', () => {
  const MOST = 10

  it('that WeChat ends refuses new codes with the reason, and goes on with known ones', async () => {
    await limit({ appid: LIFE, limitedLifetime: MOST })
    const first = await desk.print(LIFE, limited(paths(MOST)))
    await works.api.completed(first.id)
    const over = await desk.print(LIFE, limited(paths(5, 'new')))
    expect((await works.api.completed(over.id)).counts).toMatchObject({ published: 0, refused: 5 })
    for (const row of await works.api.rows(over.id, 'failures'))
      expect(row).toMatchObject({ reason: 'lifetime_quota' })

    const before = await desk.outcomes(LIFE)
    const mixed = await desk.print(LIFE, limited([...paths(MOST), ...paths(20, 'more')], { epoch: 1 }))
    expect((await works.api.completed(mixed.id)).counts).toMatchObject({ published: MOST, refused: 20 })
    // What WeChat has refused once is not asked for again.
    const { picture: pictures = 0 } = before
    expect(await desk.outcomes(LIFE)).toEqual({ ...before, picture: pictures + MOST })
    expect((await desk.app(LIFE)).holds).toEqual([])
  })

  it('leaves the app’s other lane alone', async () => {
    const made = await desk.print(LIFE, { scenes: scenes(20) })
    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: 20, refused: 0 })
  })

  it('is guarded: a campaign that would use it up is made only when it says so', async () => {
    const wanted = limited(paths(20))
    const asked = await works.api.post<ProblemBody>(GUARDED, wanted)
    expect(asked.status).toBe(422)
    expect(asked.body.errors).toEqual([expect.objectContaining({ field: 'scenes', rule: 'lifetime_quota' })])
    expect(asked.body.errors?.[0]?.message).toContain('lifetimeGuard=false')
    expect(await desk.outcomes(GUARDED)).toEqual({})

    const made = await desk.print(GUARDED, { ...wanted, lifetimeGuard: false })
    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: 20, refused: 0 })
    expect((await desk.app(GUARDED)).quotas.limited.lifetime).toEqual({ used: 20, limit: 20 })
    // Our own limit holds without a guard, and without a call.
    const over = await desk.print(GUARDED, { ...limited(paths(3, 'over')), lifetimeGuard: false })
    expect((await works.api.completed(over.id)).counts).toMatchObject({ published: 0, refused: 3 })
    expect(await desk.outcomes(GUARDED)).toEqual({ picture: 20 })
  })
})

describe('a page that WeChat doesn’t know', () => {
  const COUNT = 1_000

  it('costs one call, not one for each scene, and goes on when it is released', async () => {
    await release(PAGED, 'pages/other/other')
    const made = await desk.print(PAGED, { scenes: scenes(COUNT) })
    const hold = await desk.holdOf(PAGED, 'page_held')
    expect(hold).toMatchObject({ scope: 'page', page: { page: PAGE, envVersion: 'release' } })
    expect(hold.message).toMatch(/41030.*rid.*Release a version of the Mini Program.*checkPath false/)
    await works.api.until(made.id, ({ waitingReason }) => waitingReason === 'page_held')

    const free = await desk.print(FREE, { scenes: scenes(200) })
    expect((await works.api.completed(free.id)).counts).toMatchObject({ published: 200 })
    const unchecked = await desk.print(PAGED, {
      look: { page: PAGE, checkPath: false },
      scenes: scenes(20, 'u'),
    })
    expect((await works.api.completed(unchecked.id)).counts).toMatchObject({ published: 20 })
    expect(await desk.outcomes(PAGED)).toEqual({ 41030: 1, picture: 20 })

    await release(PAGED, 'pages/other/other', PAGE)
    await desk.sunpress('app', 'resume', PAGED, '--page', PAGE)
    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: COUNT, refused: 0 })
    expect(await desk.outcomes(PAGED)).toEqual({ 41030: 1, picture: COUNT + 20 })
  })

  it('holds its own rows of a campaign, and no others', async () => {
    await release(MIXED, PAGE)
    const rows = scenes(100).map((scene, n) => (n % 2 === 0 ? { scene } : { scene, page: 'pages/late/late' }))
    const made = await desk.print(MIXED, { scenes: rows })
    const half = await works.api.until(made.id, ({ counts }) => counts.published === 50)
    expect(half.counts).toMatchObject({ refused: 0, pending: 50 })
    await desk.holdOf(MIXED, 'page_held')
    expect(await desk.outcomes(MIXED)).toEqual({ 41030: 1, picture: 50 })
    await release(MIXED, PAGE, 'pages/late/late')
    await desk.resume(MIXED, '?page=pages/late/late')
    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: 100, refused: 0 })
  })
})

describe('a look whose page WeChat doesn’t know', () => {
  it('lets rows with pages of their own be printed, and the others when it is released', async () => {
    await release(LOOKED, 'pages/other/other')
    const rows = scenes(100).map((scene, n) =>
      n % 2 === 0 ? { scene } : { scene, page: 'pages/other/other' },
    )
    const made = await desk.print(LOOKED, { scenes: rows })
    const half = await works.api.until(made.id, ({ counts }) => counts.published === 50)
    expect(half.counts).toMatchObject({ refused: 0, pending: 50 })
    expect(await desk.holdOf(LOOKED, 'page_held')).toMatchObject({ page: { page: PAGE } })
    // Made while it is held already.
    const late = await desk.print(LOOKED, {
      scenes: rows.map((row) => ({ ...row, scene: `late-${row.scene}` })),
    })
    const other = await works.api.until(late.id, ({ counts }) => counts.published === 50)
    expect(other.counts).toMatchObject({ refused: 0, pending: 50 })
    expect(await desk.outcomes(LOOKED)).toEqual({ 41030: 1, picture: 100 })
    await release(LOOKED, PAGE, 'pages/other/other')
    await desk.resume(LOOKED, `?page=${PAGE}`)
    for (const { id } of [made, late])
      expect((await works.api.completed(id)).counts).toMatchObject({ published: 100, refused: 0 })
    expect(await desk.outcomes(LOOKED)).toEqual({ 41030: 1, picture: 200 })
  })
})

describe('a campaign whose scenes are all refused alike', () => {
  const COUNT = 300

  it('is held after 20 of them, and goes on when it is resumed', async () => {
    await works.admin.order([{ kind: 40097, match: { appid: MANY } }])
    const made = await desk.print(MANY, { scenes: scenes(COUNT) })
    const hold = await desk.holdOf(MANY, 'campaign_held')
    expect(hold).toMatchObject({ scope: 'campaign', campaign: made.id })
    expect(hold.message).toMatch(/40097.*resume the campaign or cancel it/)
    const held = await works.api.until(made.id, ({ waitingReason }) => waitingReason === 'campaign_held')
    const refused = held.counts.refused
    expect(refused).toBeGreaterThanOrEqual(19)
    expect(refused).toBeLessThan(COUNT / 2)

    // Another campaign of the app is not held.
    await works.admin.order([])
    const other = await desk.print(MANY, { scenes: scenes(30, 'other') })
    expect((await works.api.completed(other.id)).counts).toMatchObject({ published: 30 })

    await desk.sunpress('campaign', 'resume', made.id)
    const { counts } = await works.api.completed(made.id)
    expect(counts.published + counts.refused).toBe(COUNT)
    expect(counts.refused).toBeLessThan(COUNT / 2)
    expect((await desk.app(MANY)).holds).toEqual([])
  })
})

describe('what WeChat tells of its quotas', () => {
  it('drives the limit where it is lower than ours', async () => {
    const first = await desk.print(TOLD, { scenes: ['s=first'] })
    await works.api.completed(first.id)
    const { quotas } = await desk.appWhen(TOLD, (app) => app.quotas.unlimited.perMinute.limit === 300)
    expect(quotas.unlimited.perMinute.limit).toBe(300)
    const madeAtMs = Date.now()
    const made = await desk.print(TOLD, { scenes: scenes(20) })
    await works.api.completed(made.id)
    // 19 gaps at 5 a second; by our own limit they would take 20 ms. Calls may be noted late, but never early.
    expect(lastAtMs(await works.admin.calls(TOLD)) - madeAtMs).toBeGreaterThan(19 * 200)
  })
})

describe('calls that somebody else makes', () => {
  const OTHERS = 200

  it('are shown, also when we have printed on', async () => {
    await works.admin.tell('PUT', '/spender', { appid: SPENT, calls: OTHERS })
    const first = await desk.print(SPENT, { scenes: ['s=first'] })
    await works.api.completed(first.id)
    const { quotas } = await desk.appWhen(SPENT, (app) => (app.quotas.unlimited.usedByOthers ?? 0) > 0)
    expect(quotas.unlimited.usedByOthers).toBeGreaterThan(OTHERS * 0.9)
    expect(quotas.unlimited.usedByOthers).toBeLessThanOrEqual(OTHERS)
    const made = await desk.print(SPENT, { scenes: scenes(OTHERS + 50) })
    await works.api.completed(made.id)
    expect((await desk.app(SPENT)).quotas.unlimited.usedByOthers).toBeGreaterThan(OTHERS * 0.9)
  })
})

describe('holds', () => {
  it('outlive the loss of Redis, and let nobody call', async () => {
    await release(PAGED, 'pages/other/other')
    await works.admin.order([{ kind: 40097, match: { appid: MANY } }])
    const paged = await desk.print(PAGED, { look: { page: 'pages/lost/lost' }, scenes: scenes(50) })
    const many = await desk.print(MANY, { scenes: scenes(200, 'lost') })
    await desk.print(CLEARED, limited(paths(DAY_LIMIT + 5, 'lost')))
    await Promise.all([desk.holdOf(PAGED, 'page_held'), desk.holdOf(MANY, 'campaign_held')])
    await desk.holdOf(CLEARED, 'day_quota')
    await Promise.all([PAGED, MANY, CLEARED].map(quiet))
    const before = await Promise.all([PAGED, MANY, CLEARED].map(desk.outcomes))

    const redis = connectRedis({ url: works.redisUrl, purpose: 'command', name: 'quota-test' })
    await redis.flushall()
    redis.disconnect()
    await Promise.all([
      works.api.until(paged.id, ({ waitingReason }) => waitingReason === 'page_held'),
      works.api.until(many.id, ({ waitingReason }) => waitingReason === 'campaign_held'),
      desk.holdOf(CLEARED, 'minute_quota'),
    ])
    // The minute that a loss of Redis costs is over: now the day shows again.
    await desk.resume(CLEARED, '?lane=limited')
    expect(await desk.holdOf(CLEARED, 'day_quota')).toMatchObject({
      lane: 'limited',
      until: fivePastMidnight,
    })
    expect(await Promise.all([PAGED, MANY, CLEARED].map(desk.outcomes))).toEqual(before)
  })
})
