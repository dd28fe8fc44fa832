/**
 * Minutes that hold less than they should: WeChat lowers a limit without a word, or somebody else spends it. Every process is a real
 * one; the simulated minutes are short, so that waiting for the next one takes seconds.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PAGE } from './api.js'
import { writeAppsFile } from './apps-file.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { createQuotaDesk, type QuotaDesk } from './quota-desk.js'
import { CLEAR_WITHIN_MS, clearOfMidnight } from './shanghai-day.js'
import { shortenMinutes } from './short-minutes.js'

const LIMIT = 1_200
const LOWERED = appid(1)
const SHARED = appid(2)

vi.setConfig({ testTimeout: 120_000 })

let folder: string
let works: Installation
let desk: QuotaDesk
let endShortMinutes: () => Promise<void>

beforeAll(clearOfMidnight, CLEAR_WITHIN_MS)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunpress-quota-'))
  const quotas = { perMinute: LIMIT, limitedPerMinute: LIMIT }
  await writeAppsFile(
    join(folder, 'apps.yaml'),
    [LOWERED, SHARED].map((app) => ({ appid: app, quotas })),
  )
  works = await startInstallation({
    perMinute: LIMIT,
    env: { SUNPRESS_APPS_FILE: join(folder, 'apps.yaml') },
  })
  desk = createQuotaDesk(works)
  endShortMinutes = await shortenMinutes(works.admin)
  await Promise.all([works.startWorker(), works.startWorker()])
})
afterAll(async () => {
  await endShortMinutes?.()
  await works?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Little to draw. */
const SMALL = { page: PAGE, width: 280 }
const scenes = (count: number): string[] => Array.from({ length: count }, (_, n) => `s=${n}`)
const rejections = (app: string, kind: string) =>
  desk.metric('sunpress_quota_rejections_total', { app, kind })

describe('somebody else who spends the same quota', () => {
  const SPENT = LIMIT + 500
  const COUNT = 60

  it('is survived, and shown', async () => {
    await works.admin.tell('PUT', '/spender', { appid: SHARED, calls: SPENT })
    const made = await desk.print(SHARED, { look: SMALL, scenes: scenes(COUNT) })
    await desk.holdOf(SHARED, 'minute_quota')
    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: COUNT, refused: 0 })
    expect(await desk.outcomes(SHARED)).toMatchObject({ picture: COUNT })
    const shown = await desk.appWhen(SHARED, ({ quotas }) => (quotas.unlimited.usedByOthers ?? 0) > 0)
    expect(shown.quotas.unlimited.usedByOthers).toBeGreaterThan(LIMIT / 2)
    expect(shown.quotas.unlimited.usedByOthers).toBeLessThanOrEqual(SPENT)
  })
})

describe('a limit that WeChat lowers without a word', () => {
  const COUNT = 120
  const LOWER = 40

  it('is found: the lane is held and slowed, few calls are lost, no scene pays', async () => {
    const made = await desk.print(LOWERED, { look: SMALL, scenes: scenes(COUNT) })
    // At once: all of them take 6 s, and this process may be late.
    await works.api.until(made.id, ({ counts }) => counts.published > 0)
    const stillTells = { '/wxa/getwxacodeunlimit': { perMinute: LIMIT } }
    const lowered = { appid: LOWERED, perMinute: LOWER, quotaGetTells: stillTells, keepUse: true }
    await works.admin.tell('PUT', '/limits', lowered)
    const hold = await desk.holdOf(LOWERED, 'minute_quota')
    expect(hold).toMatchObject({ scope: 'lane', lane: 'unlimited' })
    expect(hold.message).toContain('45009')
    const slowed = await desk.app(LOWERED)
    expect(slowed.quotas.unlimited.rate).toBeLessThan(1)
    expect(slowed.quotas.limited.rate).toBe(1)

    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: COUNT, refused: 0 })
    const { 45009: rejected = 0, ...others } = await desk.outcomes(LOWERED)
    expect(others).toEqual({ picture: COUNT })
    expect(await rejections(LOWERED, 'minute')).toBeGreaterThan(0)
    const kinds = await Promise.all(['minute', 'late', 'day'].map((kind) => rejections(LOWERED, kind)))
    expect(kinds.reduce((sum, one) => sum + one, 0)).toBe(rejected)
    expect(kinds[2]).toBe(0)
    // One of each minute slows the lane; the others were under way when it came back, at 20 calls a second.
    expect(kinds[0]).toBeLessThanOrEqual(6)
    expect(rejected).toBeLessThan(COUNT / 2)
    expect(await desk.metric('sunpress_faults_total', { app: LOWERED, next: 'retry' })).toBe(0)
    expect(await desk.metric('sunpress_quota_rate', { app: LOWERED, lane: 'unlimited' })).toBeLessThan(1)
  })
})
