import { decodeTime } from 'ulid'
import { describe, expect, it } from 'vitest'
import { type AppId, type CampaignId, isCampaignId } from './ids.js'
import { nextRunAfter } from './schedule-cron.js'
import { nightOfKey, retryWaitMs, runKeyOf, scheduledCampaignId } from './schedule-run.js'
import type { LocalDate } from './schedule-time.js'

const APP = 'wx0123456789abcdef' as AppId
const night = (date: string, at: string) => ({ date: date as LocalDate, atMs: Date.parse(at) })

describe('the id of a night’s campaign', () => {
  it('is always the same: it can’t change once schedules have run', () => {
    expect(scheduledCampaignId(APP, 'stores', night('2026-11-20', '2026-11-19T18:30:00Z'))).toBe(
      '01M7TH5720CZWX5MWJ7AVVC3Y0',
    )
    expect(scheduledCampaignId(APP, 'stores', night('2026-11-21', '2026-11-20T18:30:00Z'))).toBe(
      '01M7X3HY201ZVJQGH47QYRXTNE',
    )
  })

  it('is a ULID whose time is the scheduled instant', () => {
    const id = scheduledCampaignId(APP, 'stores', night('2026-11-20', '2026-11-19T18:30:00Z'))
    expect(isCampaignId(id)).toBe(true)
    expect(decodeTime(id)).toBe(Date.parse('2026-11-19T18:30:00Z'))
  })

  it('is another one for another app, schedule or date', () => {
    const at = '2026-11-19T18:30:00Z'
    const ids = [
      scheduledCampaignId(APP, 'stores', night('2026-11-20', at)),
      scheduledCampaignId('wx0123456789abcdee' as AppId, 'stores', night('2026-11-20', at)),
      scheduledCampaignId(APP, 'store', night('2026-11-20', at)),
      scheduledCampaignId(APP, 'stores', night('2026-11-21', at)),
    ]
    expect(new Set(ids).size).toBe(4)
  })

  it('is one for both 02:30 of the night on which the clocks go back', () => {
    const spec = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
    const before = nextRunAfter(spec, Date.parse('2026-10-24T22:00:00Z'))
    const behind = nextRunAfter(spec, Date.parse('2026-10-25T00:29:59Z'))
    expect(scheduledCampaignId(APP, 'stores', before)).toBe(scheduledCampaignId(APP, 'stores', behind))
  })
})

describe('the key of a run', () => {
  const date = '2026-11-20' as LocalDate
  const campaign = '01KAF0000000000000000000AA' as CampaignId

  it('is its date, or date and campaign for one that somebody asked for', () => {
    expect(runKeyOf({ date, manual: false, campaign })).toBe('2026-11-20')
    expect(runKeyOf({ date, manual: true, campaign })).toBe('2026-11-20.01KAF0000000000000000000AA')
  })

  it('tells a night from a run that somebody asked for', () => {
    expect(nightOfKey('2026-11-20')).toBe('2026-11-20')
    expect(nightOfKey('2026-11-20.01KAF0000000000000000000AA')).toBeNull()
  })
})

it('waits longer after each failure, a quarter of an hour at most', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 100].map((n) => retryWaitMs(n) / 1_000)).toEqual([
    30, 60, 120, 240, 480, 900, 900, 900,
  ])
})
