import { describe, expect, it } from 'vitest'
import {
  addDays,
  instantOf,
  isLocalDate,
  isLocalTime,
  isTimeZone,
  type LocalDate,
  type LocalTime,
  localDateAt,
  localTimeAt,
} from './schedule-time.js'

const at = (date: string, time: string, timeZone: string): string =>
  new Date(instantOf(date as LocalDate, time as LocalTime, timeZone)).toISOString()

describe('the instant of a local time', () => {
  it('follows the offset of its zone', () => {
    expect(at('2026-01-10', '02:30', 'Asia/Shanghai')).toBe('2026-01-09T18:30:00.000Z')
    expect(at('2026-07-10', '02:30', 'Europe/Berlin')).toBe('2026-07-10T00:30:00.000Z')
    expect(at('2026-01-10', '00:00', 'UTC')).toBe('2026-01-10T00:00:00.000Z')
    expect(at('2026-01-10', '12:00', 'Asia/Kathmandu')).toBe('2026-01-10T06:15:00.000Z')
  })

  it('that the clocks skip is when it would have come without the change', () => {
    expect(at('2026-03-29', '02:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z')
    expect(at('2026-03-08', '02:30', 'America/New_York')).toBe('2026-03-08T07:30:00.000Z')
  })

  it('that comes twice is when it comes first', () => {
    expect(at('2026-10-25', '02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z')
    expect(at('2026-11-01', '01:30', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z')
  })

  it('is exact right before and behind a change', () => {
    expect(at('2026-03-29', '01:59', 'Europe/Berlin')).toBe('2026-03-29T00:59:00.000Z')
    expect(at('2026-03-29', '03:00', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z')
    expect(at('2026-10-25', '03:00', 'Europe/Berlin')).toBe('2026-10-25T02:00:00.000Z')
    expect(at('2026-04-05', '01:45', 'Australia/Lord_Howe')).toBe('2026-04-04T14:45:00.000Z')
  })

  it('gives back the clocks that it came from, on every day of a year', () => {
    for (let day = 0; day < 366; day++) {
      const date = addDays('2026-01-01' as LocalDate, day)
      const ms = instantOf(date, '12:34' as LocalTime, 'America/New_York')
      expect([localDateAt(ms, 'America/New_York'), localTimeAt(ms, 'America/New_York')]).toEqual([
        date,
        '12:34',
      ])
    }
  })
})

describe('what is a local time, a date, a zone', () => {
  it.each([
    ['Asia/Shanghai', true],
    ['America/Argentina/Buenos_Aires', true],
    ['UTC', true],
    ['Etc/GMT+8', true],
    ['+08:00', false],
    ['Mars/Olympus', false],
    ['', false],
    [8, false],
  ])('%j as a zone: %j', (zone, answer) => expect(isTimeZone(zone)).toBe(answer))

  it('knows times and dates that there are', () => {
    expect(['00:00', '23:59', '24:00', '7:30', '07:60'].map(isLocalTime)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
    expect(['2024-02-29', '2026-02-29', '2026-13-01', 'today'].map(isLocalDate)).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})
