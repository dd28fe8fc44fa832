import { describe, expect, it } from 'vitest'
import type { CampaignWindow } from './campaign.js'
import { isWindowOpen, parseWindow, windowStanding } from './schedule-window.js'

const window = (from: string, to: string, timeZone = 'Asia/Shanghai') =>
  ({ from, to, timeZone }) as CampaignWindow
const standing = (of: CampaignWindow, at: string) => windowStanding(of, Date.parse(at))

describe('a window', () => {
  it('is open from its first minute, and closed from its last', () => {
    const night = window('01:00', '06:00')
    expect(standing(night, '2026-11-20T16:59:59.999Z')).toEqual({
      open: false,
      changesAt: '2026-11-20T17:00:00.000Z',
    })
    expect(standing(night, '2026-11-20T17:00:00Z')).toEqual({
      open: true,
      changesAt: '2026-11-20T22:00:00.000Z',
    })
    expect(standing(night, '2026-11-20T22:00:00Z')).toEqual({
      open: false,
      changesAt: '2026-11-21T17:00:00.000Z',
    })
  })

  it('may cross midnight', () => {
    const night = window('22:00', '05:00', 'UTC')
    expect(standing(night, '2026-11-20T23:30:00Z')).toEqual({
      open: true,
      changesAt: '2026-11-21T05:00:00.000Z',
    })
    expect(standing(night, '2026-11-21T04:59:00Z')).toEqual({
      open: true,
      changesAt: '2026-11-21T05:00:00.000Z',
    })
    expect(standing(night, '2026-11-21T12:00:00Z')).toEqual({
      open: false,
      changesAt: '2026-11-21T22:00:00.000Z',
    })
  })

  it('moves with the clocks: an hour less in spring, one more in autumn', () => {
    const night = window('01:00', '05:00', 'Europe/Berlin')
    expect(standing(night, '2026-03-29T00:00:00Z')).toEqual({
      open: true,
      changesAt: '2026-03-29T03:00:00.000Z',
    })
    expect(standing(night, '2026-10-24T23:00:00Z')).toEqual({
      open: true,
      changesAt: '2026-10-25T04:00:00.000Z',
    })
  })

  it('within the hour that the clocks skip opens for as long, behind the gap', () => {
    const night = window('02:15', '02:45', 'Europe/Berlin')
    expect(standing(night, '2026-03-29T01:14:00Z').open).toBe(false)
    expect(standing(night, '2026-03-29T01:20:00Z')).toEqual({
      open: true,
      changesAt: '2026-03-29T01:45:00.000Z',
    })
  })

  it('within the hour that comes twice opens once', () => {
    const night = window('02:15', '02:45', 'Europe/Berlin')
    expect(isWindowOpen(night, Date.parse('2026-10-25T00:20:00Z'))).toBe(true)
    expect(isWindowOpen(night, Date.parse('2026-10-25T01:20:00Z'))).toBe(false)
  })

  it('changes at the time that it says, at every hour of a year with two changes', () => {
    const night = window('22:30', '03:15', 'America/New_York')
    for (
      let at = Date.parse('2026-01-01T00:10:00Z');
      at < Date.parse('2027-01-01T00:00:00Z');
      at += 7 * 3_600_000
    ) {
      const { open, changesAt } = windowStanding(night, at)
      const changes = Date.parse(changesAt)
      expect(changes).toBeGreaterThan(at)
      expect(isWindowOpen(night, changes - 1)).toBe(open)
      expect(isWindowOpen(night, changes)).toBe(!open)
    }
  })
})

describe('a window in a request', () => {
  it('takes its zone from the schedule, and may be absent', () => {
    expect(parseWindow({ from: '22:00', to: '06:00' }, 'UTC')).toEqual({
      ok: true,
      value: window('22:00', '06:00', 'UTC'),
    })
    expect(parseWindow(undefined, 'UTC')).toEqual({ ok: true, value: null })
    expect(parseWindow(null, 'UTC')).toEqual({ ok: true, value: null })
  })

  it('names all its defects', () => {
    const fields = (value: unknown) => {
      const parsed = parseWindow(value, 'UTC')
      return parsed.ok ? [] : parsed.defects.map(({ field, rule }) => `${field} ${rule}`)
    }
    expect(fields({ from: '25:00', zone: 1 })).toEqual([
      'window.zone unknown',
      'window.from format',
      'window.to required',
    ])
    expect(fields({ from: '02:00', to: '02:00' })).toEqual(['window.to order'])
    expect(fields('night')).toEqual(['window type'])
  })
})
