import type { AppId, CampaignId, Hold, HoldTarget } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { holdOf, lookHoldOf, standingHolds } from './standing-holds.js'

const app = 'wx0123456789abcdef' as AppId
const id = '01HF000000000000000000000A' as CampaignId
const look = { lane: 'unlimited', page: 'pages/shop/shop', envVersion: 'release' } as const
const campaign = { id, ...look, ownPages: 0 }
const hold = (target: HoldTarget, untilMs = 100, reason: Hold['reason'] = 'app_held'): Hold => ({
  ...{ target, untilMs, reason },
  message: null,
})
const page = (name: string, envVersion: 'release' | 'trial' = 'release') =>
  hold({ scope: 'page', app, page: { page: name, envVersion } }, 100, 'page_held')

describe('the hold of a campaign', () => {
  it.each<[string, Hold]>([
    ['its app', hold({ scope: 'app', app })],
    ['its lane', hold({ scope: 'lane', app, lane: 'unlimited' })],
    ['itself', hold({ scope: 'campaign', app, campaign: id })],
    ['the page of its look', page('pages/shop/shop')],
  ])('is that of %s', (_, standing) => {
    expect(holdOf(standingHolds([standing], 50), campaign)).toBe(standing)
  })

  it.each<[string, Hold]>([
    ['another lane', hold({ scope: 'lane', app, lane: 'limited' })],
    [
      'another campaign',
      hold({ scope: 'campaign', app, campaign: '01HF000000000000000000000B' as CampaignId }),
    ],
    ['another page', page('pages/index/index')],
    ['another version of the page', page('pages/shop/shop', 'trial')],
    ['the past', hold({ scope: 'app', app }, 50)],
  ])('is not that of %s', (_, other) => {
    expect(holdOf(standingHolds([other], 50), campaign)).toBeNull()
  })

  it('is not that of its look’s page where rows bring others: only those without one wait for it', () => {
    const holds = standingHolds([page('pages/shop/shop')], 50)
    expect(holdOf(holds, { ...campaign, ownPages: 1 })).toBeNull()
    expect(lookHoldOf(holds, campaign)).toEqual(page('pages/shop/shop'))
    expect(lookHoldOf(holds, { ...campaign, lane: 'limited' })).toBeNull()
    const own = hold({ scope: 'campaign', app, campaign: id }, 100, 'campaign_held')
    expect(holdOf(standingHolds([own], 50), { ...campaign, ownPages: 1 })).toBe(own)
  })

  it('is the longer one of lane and app', () => {
    const longer = hold({ scope: 'app', app }, 300)
    const holds = standingHolds([hold({ scope: 'lane', app, lane: 'unlimited' }, 200), longer], 50)
    expect(holds.ofLane('unlimited')).toBe(longer)
  })

  it('is the longest one of lane, page and itself', () => {
    const lane = hold({ scope: 'lane', app, lane: 'unlimited' }, 100)
    const pageOf = { ...page('pages/shop/shop'), untilMs: 200 }
    const own = hold({ scope: 'campaign', app, campaign: id }, 150, 'campaign_held')
    expect(holdOf(standingHolds([lane, pageOf], 50), campaign)).toBe(pageOf)
    expect(holdOf(standingHolds([{ ...lane, untilMs: 300 }, pageOf], 50), campaign)?.untilMs).toBe(300)
    // It ends when somebody has looked, whatever time stands there.
    expect(holdOf(standingHolds([lane, pageOf, own], 50), campaign)).toBe(own)
  })
})
