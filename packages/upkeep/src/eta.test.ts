import type { AppId, CampaignId, CampaignWindow, Hold } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import { describe, expect, it } from 'vitest'
import {
  besidesOf,
  callsUntilDone,
  type EtaFacts,
  etaSecondsOf,
  type LanePace,
  printableNow,
  type Rival,
} from './eta.js'

const HOUR = 3_600
const DAY = 24 * HOUR
const at = (time: string): number => Date.parse(time)
const nowMs = at('2026-01-01T12:00:00+08:00')
const night = { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' } as CampaignWindow

const pace = (changes: Partial<LanePace> = {}): LanePace => ({
  perMinute: 60,
  rate: 1,
  day: null,
  ...changes,
})
const eta = (
  pending: number,
  changes: Partial<EtaFacts> & { perMinute?: number | null; window?: CampaignWindow; priority?: number } = {},
): number | null => {
  const { perMinute = null, window = null, priority = 5, ...facts } = changes
  const campaign = { priority, counts: { pending }, perMinute, window }
  return etaSecondsOf({ campaign, waiting: null, pace: pace(), besides: [], nowMs, ...facts })
}

describe('the time that is left', () => {
  it('is that of the quota, until a rate was seen', () => {
    expect(eta(600)).toBe(600)
    expect(eta(600, { perMinute: 30 })).toBe(1_200)
    expect(eta(600, { perMinute: 0 })).toBe(600)
    expect(eta(0)).toBe(0)
  })

  it('is longer while WeChat has slowed the lane', () => {
    expect(eta(600, { pace: pace({ rate: 0.5 }) })).toBe(1_200)
  })

  it('is not known without quota and rate', () => {
    expect(eta(600, { pace: null })).toBeNull()
    expect(eta(600, { pace: null, perMinute: 60 })).toBe(600)
  })

  it('begins when a hold ends, and the rate before it says nothing', () => {
    const waiting = { reason: 'app_held', nextStepMs: nowMs + HOUR * 1_000 } as const
    expect(eta(600, { perMinute: 1, waiting })).toBe(HOUR + 600)
  })

  it('is not known while nobody knows when it goes on, but for others that go first', () => {
    expect(eta(600, { waiting: { reason: 'storage', nextStepMs: null } })).toBeNull()
    expect(eta(600, { waiting: { reason: 'campaign_held', nextStepMs: null } })).toBeNull()
    const besides = [{ priority: 9, pending: 600, inLane: 0 }]
    expect(eta(600, { waiting: { reason: 'higher_priority', nextStepMs: null }, besides })).toBe(1_200)
  })

  it('counts the hours of its window alone', () => {
    const waiting = { reason: 'window_closed', nextStepMs: at('2026-01-01T22:00:00+08:00') } as const
    // Eight hours of the first night, two of the second.
    expect(eta(60 * 60 * 10, { window: night, waiting })).toBe((10 + 24 + 2) * HOUR)
  })
})

describe('the limit of a day', () => {
  // 12:00: twelve hours of the day are left; a lane that has made its day's calls goes on at 00:05.
  const [toMidnight, later] = [12 * HOUR, 300]

  it.each<[string, number, LanePace['day'], number]>([
    ['is no matter to what is left of today', 3_000, { limit: 10_000, left: 3_000 }, 3_000],
    ['leaves the rest to tomorrow', 3_060, { limit: 10_000, left: 3_000 }, toMidnight + later + 60],
    ['lets nothing go today when it is used up', 60, { limit: 10_000, left: 0 }, toMidnight + later + 60],
    [
      'makes 50,000 scenes at 10,000 a day last five days',
      ...([50_000, { limit: 10_000, left: 10_000 }, 3 * DAY + toMidnight + later + 10_000] as const),
    ],
    [
      'begins anew at midnight for a day that is never used up',
      60 * 60 * 20,
      { limit: 60 * 60 * 13, left: 60 * 60 * 13 },
      20 * HOUR,
    ],
  ])('%s', (_, pending, day, seconds) => {
    expect(eta(pending, { pace: pace({ day }) })).toBe(seconds)
  })

  it('is met by what goes at the rate seen, and not by what needs no calls', () => {
    const day = { limit: 10_000, left: 10_000 }
    expect(eta(20_000, { pace: pace({ day }), perMinute: 60 })).toBe(toMidnight + later + 10_000)
    expect(eta(20_000, { pace: pace({ day }), perMinute: 6_000 })).toBe(200)
  })

  it('begins with a whole day when a hold ends on the next one', () => {
    const waiting = { reason: 'day_quota', nextStepMs: at('2026-01-02T00:05:00+08:00') } as const
    const whole = { limit: 10_000, left: 0 }
    expect(eta(600, { pace: pace({ day: whole }), waiting })).toBe(toMidnight + later + 600)
  })

  it('is kept in the hours of a window, whose nights belong to two days', () => {
    // 22:00 to midnight with what is left of today, from midnight with tomorrow's.
    const day = { limit: 5_000, left: 600 }
    const waiting = { reason: 'window_closed', nextStepMs: at('2026-01-01T22:00:00+08:00') } as const
    expect(eta(1_200, { pace: pace({ day }), window: night, waiting })).toBe(toMidnight + later + 600)
    // The second night: 5,000 were printed behind midnight, the rest waits for the next midnight within a night.
    expect(eta(6_200, { pace: pace({ day }), window: night, waiting })).toBe(toMidnight + DAY + later + 600)
  })

  it('says nothing of what would take more than five years', () => {
    expect(eta(1_000_000, { pace: pace({ day: { limit: 10, left: 0 } }) })).toBeNull()
  })
})

describe('a fair share', () => {
  const rival = (priority: number, pending: number, inLane = 0): Rival => ({ priority, pending, inLane })

  it.each<[string, number, Rival[], number]>([
    ['alone is all', 600, [], 600],
    ['is half beside another of the same priority', 600, [rival(5, 10_000)], 1_200],
    ['is more when the other one is done before', 600, [rival(5, 100)], 700],
    ['comes behind what another one has in the lane already', 30, [rival(5, 10_000, 2_000)], 2_030],
    ['comes behind no more than is left of that', 30, [rival(5, 100, 2_000)], 130],
    ['waits for those of higher priority', 6_000, [rival(9, 600)], 6_600],
    ['keeps an eighth for those of lower priority', 700, [rival(1, 10_000)], 800],
    ['is an eighth below others that have a lot to print', 60, [rival(9, 1_000_000)], 480],
    ['is less than that when others are below them too', 60, [rival(9, 1_000_000), rival(5, 9_000)], 960],
  ])('%s', (_, pending, besides, calls) => {
    expect(callsUntilDone(rival(5, pending), besides)).toBeCloseTo(calls, 6)
    expect(eta(pending, { besides })).toBe(calls)
  })

  it('is one of the day too', () => {
    const day = { limit: 10_000, left: 10_000 }
    const seconds = 12 * HOUR + 300 + 10_000
    expect(eta(10_000, { pace: pace({ day }), besides: [rival(5, 10_000)] })).toBe(seconds)
  })

  it('is no matter where a rate was seen: that is what came of it', () => {
    expect(eta(600, { perMinute: 60, besides: [rival(5, 10_000)] })).toBe(600)
  })

  it('is shared with open campaigns of the lane that print', () => {
    const one = (id: string, changes: Partial<CampaignIndex> = {}) =>
      ({
        ...{ id: id as CampaignId, app: 'wx' as AppId, lane: 'unlimited', state: 'running', priority: 5 },
        ...{ counts: { pending: 7 }, fed: 5, n: 2, base: 0, parked: 0, ...changes },
      }) as CampaignIndex
    const open = [
      ...[one('me'), one('other'), one('held'), one('lane', { lane: 'limited' })],
      ...[one('paused', { state: 'paused' }), one('done', { counts: { ...one('x').counts, pending: 0 } })],
    ]
    expect(besidesOf(one('me'), open, ({ id, counts }) => (id === 'held' ? 0 : counts.pending))).toEqual([
      { priority: 5, pending: 7, inLane: 3 },
    ])
  })

  it('goes by what others may print now: of one whose look’s page is held, rows of other pages alone', () => {
    const app = 'wx' as AppId
    const held = (target: Hold['target']): Hold => ({
      ...{ target, reason: 'page_held', untilMs: nowMs + 1_000, message: null },
    })
    const page = held({ scope: 'page', app, page: { page: 'pages/a', envVersion: 'release' } })
    const id = 'c' as CampaignId
    const one = (changes: Partial<CampaignIndex>) =>
      ({
        ...{ id, lane: 'unlimited', page: 'pages/a', envVersion: 'release', window: null, ownPages: 0 },
        ...{ counts: { pending: 7 }, ...changes },
      }) as CampaignIndex
    const printable = (changes: Partial<CampaignIndex>, holds = [page]) =>
      printableNow(holds, nowMs)(one(changes))
    expect(printable({}, [])).toBe(7)
    expect(printable({})).toBe(0)
    expect(printable({ ownPages: 3 })).toBe(3)
    expect(printable({ ownPages: 9 })).toBe(7)
    expect(printable({ ownPages: 3, page: 'pages/b' })).toBe(7)
    expect(printable({ ownPages: 3 }, [held({ scope: 'campaign', app, campaign: id })])).toBe(0)
    expect(printable({ window: night }, [])).toBe(0)
  })
})
