import { expect, it } from 'vitest'
import { makeCampaign } from '../testing/make-campaign.js'
import { describeCampaign } from './describe-campaign.js'

it('says how it stands, why it waits, until when, and how long it takes', () => {
  const waiting = { waitingReason: 'day_quota', waitingUntil: '2026-01-02T16:00:00.000Z', etaSeconds: 3_700 }
  expect(describeCampaign(makeCampaign(waiting, { total: 10, published: 4 })).split('\n')).toEqual([
    '01JZZZZZZZZZZZZZZZZZZZZZZZ  stores',
    '  app       wx0123456789abcdef',
    '  state     running (day_quota) until 2026-01-02T16:00:00Z',
    '  ETA       1 h 01 min',
    '  scenes    10 scenes: 4 published, 6 pending',
    '  priority  5',
    '  created   2026-01-02T03:04:05Z',
  ])
})

it('says of one that has ended when that was, and of no time that is left', () => {
  const ended = { state: 'completed', etaSeconds: 0, finishedAt: '2026-01-02T04:00:00.000Z' } as const
  const told = describeCampaign(makeCampaign(ended, { total: 1, published: 1 }))
  expect(told).toContain('  finished  2026-01-02T04:00:00Z')
  expect(told).not.toContain('ETA')
})
