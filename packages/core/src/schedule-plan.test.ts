import { describe, expect, it } from 'vitest'
import { deadlineOf, planNights } from './schedule-plan.js'
import type { LocalDate } from './schedule-time.js'

const base = {
  cron: '0 2 * * *',
  timeZone: 'UTC',
  deadline: null,
  missed: 'run_once',
  paused: false,
  since: '2026-11-01T00:00:00.000Z',
} as const
const plan = (change: object, last: string | null, now: string) => {
  const { make, letGo } = planNights({ ...base, ...change }, last as LocalDate | null, Date.parse(now))
  return { make: make?.date ?? null, letGo: letGo.map(({ run, outcome }) => `${run.date} ${outcome}`) }
}
const NOTHING = { make: null, letGo: [] }

describe('the nights that are to be made', () => {
  it('are tonight’s, once it has begun and until it stands in the history', () => {
    expect(plan({}, '2026-11-19', '2026-11-20T01:59:59Z')).toEqual(NOTHING)
    expect(plan({}, '2026-11-19', '2026-11-20T02:00:00Z')).toEqual({ make: '2026-11-20', letGo: [] })
    expect(plan({}, '2026-11-20', '2026-11-20T02:01:00Z')).toEqual(NOTHING)
  })

  it('are the newest of those missed, and the others are skipped', () => {
    expect(plan({}, '2026-11-16', '2026-11-20T09:00:00Z')).toEqual({
      make: '2026-11-20',
      letGo: ['2026-11-17 skipped', '2026-11-18 skipped', '2026-11-19 skipped'],
    })
  })

  it('are none of those missed, by choice', () => {
    const skip = { missed: 'skip' }
    expect(plan(skip, '2026-11-18', '2026-11-20T09:00:00Z')).toEqual({
      make: null,
      letGo: ['2026-11-19 skipped', '2026-11-20 skipped'],
    })
    // A quarter of an hour late is not missed.
    expect(plan(skip, '2026-11-19', '2026-11-20T02:15:00Z').make).toBe('2026-11-20')
    expect(plan(skip, '2026-11-18', '2026-11-20T02:10:00Z')).toEqual({
      make: '2026-11-20',
      letGo: ['2026-11-19 skipped'],
    })
  })

  it('are none whose deadline is over', () => {
    const deadline = { kind: 'after', minutes: 240 }
    expect(plan({ deadline }, '2026-11-19', '2026-11-20T05:59:00Z').make).toBe('2026-11-20')
    expect(plan({ deadline }, '2026-11-19', '2026-11-20T06:00:00Z')).toEqual({
      make: null,
      letGo: ['2026-11-20 deadline'],
    })
  })

  it('are none from before the schedule was made or resumed, and none while it is paused', () => {
    expect(plan({ since: '2026-11-20T03:00:00Z' }, null, '2026-11-20T09:00:00Z')).toEqual(NOTHING)
    expect(plan({ since: '2026-11-20T01:00:00Z' }, null, '2026-11-20T09:00:00Z').make).toBe('2026-11-20')
    expect(plan({ paused: true }, null, '2026-11-20T09:00:00Z')).toEqual(NOTHING)
  })

  it('tells of at most 31 that were missed', () => {
    expect(plan({ since: '2020-01-01T00:00:00Z' }, null, '2026-11-20T09:00:00Z').letGo.length).toBe(30)
  })

  it('is one on the night whose hour comes twice, and one on that whose hour is missing', () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
    const since = '2026-01-01T00:00:00Z'
    expect(plan({ ...berlin, since }, '2026-10-24', '2026-10-25T00:30:00Z').make).toBe('2026-10-25')
    expect(plan({ ...berlin, since }, '2026-10-25', '2026-10-25T01:30:00Z')).toEqual(NOTHING)
    expect(plan({ ...berlin, since }, '2026-03-28', '2026-03-29T01:30:00Z').make).toBe('2026-03-29')
  })
})

describe('a deadline', () => {
  const at = (deadline: unknown, from: string, timeZone = 'Europe/Berlin') =>
    new Date(
      deadlineOf({ cron: '0 22 * * *', timeZone, deadline: deadline as never }, { atMs: Date.parse(from) }),
    ).toISOString()

  it('is so long after the beginning', () =>
    expect(at({ kind: 'after', minutes: 90 }, '2026-11-20T21:00:00Z')).toBe('2026-11-20T22:30:00.000Z'))

  it('is the next time that the clocks show, past midnight and past a change', () => {
    expect(at({ kind: 'at', time: '06:00' }, '2026-11-20T21:00:00Z')).toBe('2026-11-21T05:00:00.000Z')
    expect(at({ kind: 'at', time: '06:00' }, '2026-10-24T20:00:00Z')).toBe('2026-10-25T05:00:00.000Z')
    expect(at({ kind: 'at', time: '23:00' }, '2026-11-20T21:00:00Z')).toBe('2026-11-20T22:00:00.000Z')
  })

  it('is the beginning of the next night when there is none', () =>
    expect(at(null, '2026-11-20T21:00:00Z')).toBe('2026-11-21T21:00:00.000Z'))
})
