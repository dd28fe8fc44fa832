import type { App } from '@sunpress/client'
import { expect, it } from 'vitest'
import { describeApp } from './describe-app.js'

const lane = { rate: 1, usedByOthers: null }
const app: App = {
  appid: 'wx0123456789abcdef',
  name: 'Shops',
  quotas: {
    unlimited: { ...lane, perMinute: { used: 10, limit: 4_900 }, perDay: { used: null, limit: null } },
    limited: {
      ...{ rate: 0.9, usedByOthers: 7 },
      perMinute: { used: null, limit: 588 },
      perDay: { used: 12, limit: 9_800 },
      lifetime: { used: 500, limit: 98_000 },
    },
  },
  holds: [],
  token: { state: 'cached' },
}
const none = { lane: null, page: null, campaign: null, message: null, until: '2026-01-01T00:00:00.000Z' }

it('shows what is used where that is known', () => {
  expect(describeApp(app).split('\n')).toEqual([
    'wx0123456789abcdef  Shops  token: cached',
    '  unlimited  10 of 4,900 this minute',
    '  limited    588 this minute  12 of 9,800 today  slowed to 90 %  7 more by others  500 of 98,000 in a lifetime',
  ])
})

it('says what is held, until when and why', () => {
  const page = { page: 'pages/a', envVersion: 'release' }
  const holds = [
    { ...none, scope: 'page', page, reason: 'page_held', message: 'WeChat answered 41030' },
    { ...none, scope: 'lane', lane: 'limited', reason: 'day_quota' },
    { ...none, scope: 'app', reason: 'token' },
  ]
  expect(
    describeApp({ ...app, holds })
      .split('\n')
      .slice(3),
  ).toEqual([
    '  held: page pages/a (release)  page_held until 2026-01-01T00:00:00.000Z  WeChat answered 41030',
    '  held: lane limited  day_quota until 2026-01-01T00:00:00.000Z',
    '  held: app  token until 2026-01-01T00:00:00.000Z',
  ])
  expect(describeApp({ ...app, holds: null })).toContain('not known')
})
