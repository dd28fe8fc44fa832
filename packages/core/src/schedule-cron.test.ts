import { describe, expect, it } from 'vitest'
import { cronDefects, lastRunBefore, nextRunAfter, timeOfCron } from './schedule-cron.js'

const ms = (text: string): number => Date.parse(text)
const HALF_PAST_TWO = '30 2 * * *'

/** Every run that begins within a stretch of time. */
function runsBetween(cron: string, timeZone: string, from: string, to: string): string[] {
  const runs: string[] = []
  for (let at = ms(from); ; ) {
    const run = nextRunAfter({ cron, timeZone }, at)
    if (run.atMs >= ms(to)) return runs
    runs.push(`${run.date} ${new Date(run.atMs).toISOString().slice(0, 16)}Z`)
    at = run.atMs
  }
}

describe('the runs of a cron in a zone', () => {
  it('come once on the night whose 02:30 does not exist', () => {
    expect(runsBetween(HALF_PAST_TWO, 'Europe/Berlin', '2026-03-28T00:00Z', '2026-03-30T12:00Z')).toEqual([
      '2026-03-28 2026-03-28T01:30Z',
      '2026-03-29 2026-03-29T01:30Z',
      '2026-03-30 2026-03-30T00:30Z',
    ])
    expect(runsBetween(HALF_PAST_TWO, 'America/New_York', '2026-03-07T00:00Z', '2026-03-09T12:00Z')).toEqual([
      '2026-03-07 2026-03-07T07:30Z',
      '2026-03-08 2026-03-08T07:30Z',
      '2026-03-09 2026-03-09T06:30Z',
    ])
  })

  it('come once on the night whose 02:30 exists twice', () => {
    expect(runsBetween(HALF_PAST_TWO, 'Europe/Berlin', '2026-10-24T00:00Z', '2026-10-26T12:00Z')).toEqual([
      '2026-10-24 2026-10-24T00:30Z',
      '2026-10-25 2026-10-25T00:30Z',
      '2026-10-26 2026-10-26T01:30Z',
    ])
    expect(runsBetween('30 1 * * *', 'America/New_York', '2026-10-31T00:00Z', '2026-11-02T12:00Z')).toEqual([
      '2026-10-31 2026-10-31T05:30Z',
      '2026-11-01 2026-11-01T05:30Z',
      '2026-11-02 2026-11-02T06:30Z',
    ])
  })

  it('come on each date of a year once, whatever the clocks do', () => {
    for (const [cron, zone] of [
      [HALF_PAST_TWO, 'Europe/Berlin'],
      ['0 0 * * *', 'Asia/Beirut'],
      ['59 1 * * *', 'America/New_York'],
    ] as const) {
      const dates = runsBetween(cron, zone, '2026-01-02T00:00Z', '2027-01-02T00:00Z').map((run) =>
        run.slice(0, 10),
      )
      expect(new Set(dates).size).toBe(365)
      expect(dates.length).toBe(365)
    }
  })

  it('keep to their weekdays and days of the month, by the local calendar', () => {
    expect(runsBetween('15 0 * * MON', 'Asia/Shanghai', '2026-11-20T00:00Z', '2026-12-01T00:00Z')).toEqual([
      '2026-11-23 2026-11-22T16:15Z',
      '2026-11-30 2026-11-29T16:15Z',
    ])
    expect(runsBetween('0 23 L * *', 'UTC', '2026-01-01T00:00Z', '2026-03-01T00:00Z')).toEqual([
      '2026-01-31 2026-01-31T23:00Z',
      '2026-02-28 2026-02-28T23:00Z',
    ])
  })

  it('has begun, as the last one, from its very instant on', () => {
    const spec = { cron: HALF_PAST_TWO, timeZone: 'Europe/Berlin' }
    const at = ms('2026-03-29T01:30:00Z')
    expect(lastRunBefore(spec, at)).toEqual({ date: '2026-03-29', atMs: at })
    expect(lastRunBefore(spec, at - 1).date).toBe('2026-03-28')
    expect(nextRunAfter(spec, at).date).toBe('2026-03-30')
    expect(nextRunAfter(spec, at - 1).date).toBe('2026-03-29')
  })

  it('belong to the night they began in when the second 02:30 comes', () => {
    const spec = { cron: HALF_PAST_TWO, timeZone: 'Europe/Berlin' }
    expect(lastRunBefore(spec, ms('2026-10-25T01:30:00Z'))).toMatchObject({ date: '2026-10-25' })
    expect(nextRunAfter(spec, ms('2026-10-25T00:45:00Z')).date).toBe('2026-10-26')
  })
})

describe('a cron', () => {
  it.each(['30 2 * * *', '0 23 * * 1-5', '5 04 1,15 * *', '0 2 29 2 *'])('%s is fine', (cron) =>
    expect(cronDefects(cron, 'cron')).toEqual([]),
  )

  it.each([
    ['* 2 * * *'],
    ['0 */2 * * *'],
    ['0 2,14 * * *'],
    ['0 2 * *'],
    ['0 0 2 * * *'],
    ['@daily'],
    ['H 2 * * *'],
    ['60 2 * * *'],
    ['0 24 * * *'],
    ['0 2 32 * *'],
    ['0 2 * * 8'],
    ['0 2 30 2 *'],
    [''],
    [5],
  ])('%j is a defect: more than once a day, or never', (cron) =>
    expect(cronDefects(cron, 'cron')).toMatchObject([{ field: 'cron', rule: 'format' }]),
  )

  it('is missed by name', () => expect(cronDefects(undefined, 'cron')).toMatchObject([{ rule: 'required' }]))

  it('says its time of day', () => expect(timeOfCron('5 4 * * *')).toBe('04:05'))
})
