import { type AppId, type CampaignId, type CampaignWindow, DEFAULT_LOOK, type Hold } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import { describe, expect, it } from 'vitest'
import { MOST_UNCLOSED } from './fill-lanes.js'
import { heldMeanwhile, mayBringPages, type WaitingFacts, waitingOf } from './waiting.js'

const app = 'wx0123456789abcdef' as AppId
const nowMs = Date.parse('2026-01-01T12:00:00Z')
const inMs = (ms: number): number => nowMs + ms
const HOUR = 3_600_000
const night = { from: '22:00', to: '06:00', timeZone: 'UTC' } as CampaignWindow

const campaign = (changes: Partial<CampaignIndex> = {}): CampaignIndex => ({
  id: '01HF000000000000000000000A' as CampaignId,
  app,
  lane: 'unlimited',
  state: 'running',
  counts: { total: 600, published: 0, reused: 0, refused: 0, cancelled: 0, pending: 600, skipped: 0 },
  ...{ priority: 5, cursor: 0, fed: 0, n: 0, closed: 0, base: 0, rebuilt: false, control: 0, retried: 0 },
  ...{
    parked: 0,
    lastRound: false,
    page: 'pages/index/index',
    ownPages: 0,
    envVersion: 'release',
    window: null,
    closesAt: 0,
  },
  ...{ canary: null, perMinute: null, finishedAt: null },
  ...changes,
})
const facts = (changes: Partial<WaitingFacts> = {}): WaitingFacts => ({
  ...{ campaign: campaign(), bringsPages: true, holds: [], feedLength: 0, others: [], nowMs },
  ...changes,
})
const hold = (
  reason: Hold['reason'],
  untilMs: number,
  target: Hold['target'] = { scope: 'app', app },
): Hold => ({
  ...{ reason, untilMs, target },
  message: null,
})

describe('a campaign waits', () => {
  it('for nothing while nothing stops it', () => {
    expect(waitingOf(facts())).toBeNull()
  })

  it('for its lane’s hold, until that ends', () => {
    const holds = [hold('day_quota', inMs(HOUR), { scope: 'lane', app, lane: 'unlimited' })]
    expect(waitingOf(facts({ holds }))).toEqual({ reason: 'day_quota', nextStepMs: inMs(HOUR) })
  })

  it('for its window, until it opens', () => {
    expect(waitingOf(facts({ campaign: campaign({ window: night }) }))).toEqual({
      ...{ reason: 'window_closed', nextStepMs: Date.parse('2026-01-01T22:00:00Z') },
    })
  })

  it('for what lasts longer, when several things stop it', () => {
    const closed = campaign({ window: night })
    const [short, long] = [hold('minute_quota', inMs(60_000)), hold('app_held', inMs(20 * HOUR))]
    expect(waitingOf(facts({ campaign: closed, holds: [short] }))?.reason).toBe('window_closed')
    expect(waitingOf(facts({ campaign: closed, holds: [long] }))?.reason).toBe('app_held')
  })

  it('for the store while manifest parts can’t be written', () => {
    expect(waitingOf(facts({ feedLength: MOST_UNCLOSED }))).toEqual({ reason: 'storage', nextStepMs: null })
  })

  it('for others of higher priority, when nothing of it stands in the lane, or nothing of it ends', () => {
    const other = campaign({ priority: 9, fed: 100 })
    const beside = (own: Partial<CampaignIndex>) =>
      waitingOf(facts({ others: [other], campaign: campaign(own) }))
    expect(beside({})?.reason).toBe('higher_priority')
    expect(beside({ fed: 1 })?.reason).toBe('higher_priority')
    expect(beside({ fed: 1, perMinute: 0 })?.reason).toBe('higher_priority')
    expect(beside({ fed: 1, perMinute: 60 })).toBeNull()
    const { counts } = campaign()
    expect(beside({ fed: 2, n: 1, counts: { ...counts, published: 1, pending: 599 } })).toBeNull()
    expect(waitingOf(facts({ others: [{ ...other, priority: 5 }] }))).toBeNull()
    expect(waitingOf(facts({ others: [{ ...other, lane: 'limited' }] }))).toBeNull()
    expect(waitingOf(facts({ others: [{ ...other, fed: 0 }] }))).toBeNull()
  })

  it('for the pages of its last rows, when they are held', () => {
    const page = { page: 'pages/shop/shop', envVersion: 'release' } as const
    const holds = [hold('page_held', inMs(HOUR), { scope: 'page', app, page })]
    const left = campaign({ cursor: 600, fed: 600, n: 500, perMinute: 0 })
    expect(waitingOf(facts({ campaign: left, holds }))?.reason).toBe('page_held')
    expect(waitingOf(facts({ campaign: { ...left, perMinute: 60 }, holds }))).toBeNull()
  })

  it('for its look’s page at once where no row brings another, else when nothing of it ends any more', () => {
    const page = { page: 'pages/index/index', envVersion: 'release' } as const
    const holds = [hold('page_held', inMs(HOUR), { scope: 'page', app, page })]
    const waits = (changes: Partial<CampaignIndex>) =>
      waitingOf(facts({ campaign: campaign({ cursor: 300, ...changes }), holds }))
    const untilEnd = { reason: 'page_held', nextStepMs: inMs(HOUR) }
    expect(waits({})).toEqual(untilEnd)
    expect(waits({ ownPages: 9, perMinute: 0 })).toEqual(untilEnd)
    expect(waits({ ownPages: 9 })).toBeNull()
    expect(waits({ ownPages: 9, perMinute: 60 })).toBeNull()
    expect(waits({ ownPages: 9, perMinute: 0, page: 'pages/other/other' })).toBeNull()
    const mixed = campaign({ ownPages: 9 })
    expect(heldMeanwhile({ campaign: mixed, holds, nowMs })).toEqual(untilEnd)
    expect(heldMeanwhile({ campaign: mixed, holds, nowMs: inMs(HOUR) })).toBeNull()
  })

  it('not for its look’s page where each row brings another', () => {
    const target = { scope: 'page', app, page: { page: 'pages/index/index', envVersion: 'release' } } as const
    const holds = [hold('page_held', inMs(HOUR), target)]
    const own = campaign({ ownPages: 600, perMinute: 0 })
    const first = campaign({ id: '01HF000000000000000000000B' as CampaignId, priority: 9, fed: 1 })
    expect(waitingOf(facts({ campaign: own, holds }))).toBeNull()
    expect(waitingOf(facts({ campaign: own, holds, others: [first] }))?.reason).toBe('higher_priority')
    expect(heldMeanwhile({ campaign: own, holds, nowMs })).toBeNull()
  })

  it('for no page that its rows can’t have', () => {
    const left = campaign({ cursor: 600, fed: 600, n: 500, perMinute: 0 })
    const of = (envVersion: 'release' | 'trial') =>
      hold('page_held', inMs(HOUR), { scope: 'page', app, page: { page: 'pages/shop/shop', envVersion } })
    const waits = (changes: Partial<WaitingFacts>) => waitingOf(facts({ campaign: left, ...changes }))
    expect(waits({ holds: [of('trial')] })).toBeNull()
    expect(waits({ holds: [of('release')], bringsPages: false })).toBeNull()
    expect(waits({ holds: [of('trial'), of('release')] })?.reason).toBe('page_held')
    expect(mayBringPages({ look: DEFAULT_LOOK, source: { kind: 'csv' } })).toBe(true)
    expect(mayBringPages({ look: DEFAULT_LOOK, source: { kind: 'range' } })).toBe(false)
    expect(mayBringPages({ look: DEFAULT_LOOK, source: { kind: 'csv' }, ownPages: 0 })).toBe(false)
    expect(mayBringPages({ look: DEFAULT_LOOK, source: { kind: 'csv' }, ownPages: 1 })).toBe(true)
    expect(mayBringPages({ look: { ...DEFAULT_LOOK, checkPath: false }, source: { kind: 'csv' } })).toBe(
      false,
    )
    expect(mayBringPages({ look: { ...DEFAULT_LOOK, endpoint: 'qrcode' }, source: { kind: 'csv' } })).toBe(
      false,
    )
  })

  it('for somebody to look at it while it is held itself: there is no next step', () => {
    const tenYears = inMs(10 * 365 * 24 * HOUR)
    const own = hold('campaign_held', tenYears, { scope: 'campaign', app, campaign: campaign().id })
    const lane = hold('minute_quota', inMs(60_000), { scope: 'lane', app, lane: 'unlimited' })
    const closed = campaign({ window: night })
    for (const changes of [{ holds: [own] }, { holds: [lane, own] }, { holds: [own], campaign: closed }]) {
      expect(waitingOf(facts(changes))).toEqual({ reason: 'campaign_held', nextStepMs: null })
    }
  })

  it.each(['paused', 'completed', 'cancelled'] as const)('for nothing when it is %s', (state) => {
    expect(waitingOf(facts({ campaign: campaign({ state }), feedLength: MOST_UNCLOSED }))).toBeNull()
  })
})
