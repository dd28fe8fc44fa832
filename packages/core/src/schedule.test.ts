import { describe, expect, it } from 'vitest'
import { parsed } from './field-defect.js'
import { formatDeadline, isScheduleName, parseDeadline, parseSchedule, scheduleAfter } from './schedule.js'
import { fillDate } from './schedule-source.js'
import type { LocalDate } from './schedule-time.js'

const APP = 'wx0123456789abcdef'
const context = {
  hasApp: (app: unknown) => app === APP,
  parseRange: (value: unknown) => parsed(value as { template: string; from: number; to: number }),
}
const OBJECT = { kind: 'object', key: 'sources/stores-{yyyy}{mm}{dd}.csv', format: 'csv' }
const LEAST = { app: APP, cron: '30 2 * * *', timeZone: 'Asia/Shanghai', source: OBJECT }
const defects = (body: unknown): string[] => {
  const schedule = parseSchedule(body, context)
  return schedule.ok ? [] : schedule.defects.map(({ field, rule }) => `${field} ${rule}`)
}
const definition = (body: object) => {
  const schedule = parseSchedule(body, context)
  if (!schedule.ok) throw new Error(JSON.stringify(schedule.defects))
  return schedule.value
}

describe('a schedule in a request', () => {
  it('has defaults for what it leaves out', () => {
    expect(definition(LEAST)).toMatchObject({
      ...LEAST,
      ...{ window: null, deadline: null, campaignName: null, priority: 5, badRows: 'refuse' },
      ...{ missed: 'run_once', paused: false, look: { endpoint: 'unlimited', width: 430 } },
    })
  })

  it('names every defect at once', () => {
    const bad = {
      ...{ app: 'wx', cron: '* * * * *', timeZone: 'Mars', window: { from: '1' }, deadline: 'soon' },
      ...{
        campaignName: '',
        priority: 10,
        badRows: 'keep',
        missed: 'never',
        paused: 'no',
        look: { width: 1 },
      },
      ...{ source: { kind: 'ftp' }, extra: 1 },
    }
    expect(defects(bad)).toEqual([
      ...[
        'extra unknown',
        'app unknown_app',
        'cron format',
        'timeZone value',
        'campaignName value',
        'priority value',
      ],
      ...[
        'badRows value',
        'missed value',
        'paused value',
        'window.from format',
        'window.to required',
        'deadline format',
      ],
      ...['look.width value', 'source.kind value'],
    ])
    expect(defects({})).toEqual(['app required', 'cron required', 'timeZone required', 'source required'])
    expect(defects([])).toEqual(['body type'])
  })

  it.each([
    ['sources/a.csv', []],
    ['sources/{yyyy}/{mm}/{dd}.csv', []],
    ['a.csv', ['source.key format']],
    ['vault/refresh.json', ['source.key format']],
    ['sources/../vault/x', ['source.key format']],
    ['sources/{hh}.csv', ['source.key format']],
    [undefined, ['source.key required']],
  ])('takes an object from sources/ alone: %j', (key, expected) =>
    expect(defects({ ...LEAST, source: { ...OBJECT, key } })).toEqual(expected),
  )

  const url = (change: object) =>
    defects({ ...LEAST, source: { kind: 'url', url: 'https://a.example/x', format: 'ndjson', ...change } })

  it('takes an address without login and fragment', () => {
    expect(url({})).toEqual([])
    expect(url({ url: 'https://a.example/{yyyy}-{mm}-{dd}?a=1' })).toEqual([])
    for (const bad of [
      'ftp://a.example',
      'https://u:p@a.example/',
      'https://a.example/#x',
      'a.example',
      'https://a.example/{x}',
    ]) {
      expect(url({ url: bad })).toEqual(['source.url format'])
    }
  })

  it('keeps references of headers, never values, and doesn’t show what was sent instead', () => {
    expect(url({ headers: { Authorization: 'env:SOURCE_SHOPS', 'x-key': 'file:/run/sources/key' } })).toEqual(
      [],
    )
    const bad = parseSchedule(
      {
        ...LEAST,
        source: {
          kind: 'url',
          url: 'https://a.example',
          format: 'csv',
          headers: { authorization: 'Bearer abc123' },
        },
      },
      context,
    )
    expect(JSON.stringify(bad)).not.toContain('abc123')
    expect(url({ headers: { authorization: 'env:WECHAT_APPSECRET' } })).toEqual([
      'source.headers.authorization reference',
    ])
    expect(url({ headers: { host: 'env:SOURCE_A' } })).toEqual(['source.headers.host value'])
    expect(url({ headers: { 'a b': 'env:SOURCE_A' } })).toEqual(['source.headers.a b format'])
  })
})

describe('a deadline', () => {
  it.each([
    ['6h', { kind: 'after', minutes: 360 }],
    ['90m', { kind: 'after', minutes: 90 }],
    ['06:00', { kind: 'at', time: '06:00' }],
    [null, null],
    [undefined, null],
  ])('%j is read', (text, value) => {
    expect(parseDeadline(text)).toEqual({ ok: true, value })
    if (typeof text === 'string') expect(formatDeadline(value as never)).toBe(text === '90m' ? '90m' : text)
  })

  it.each([['0h'], ['200h'], ['6 h'], ['24:00'], [6], ['']])('%j is a defect', (text) =>
    expect(parseDeadline(text).ok).toBe(false),
  )
})

describe('a schedule after a request', () => {
  const made = scheduleAfter(null, 'stores', definition(LEAST), '2026-11-01T00:00:00.000Z')
  const after = (change: object, from = made) =>
    scheduleAfter(from, 'stores', { ...definition(LEAST), ...change }, '2026-11-20T00:00:00.000Z')

  it('looks back no farther than to its making, and stays as it is when the rest changes', () => {
    expect(made).toMatchObject({ v: 1, name: 'stores', since: '2026-11-01T00:00:00.000Z' })
    expect(after({ priority: 9 })).toMatchObject({
      ...{ since: made.since, createdAt: made.createdAt, updatedAt: '2026-11-20T00:00:00.000Z', priority: 9 },
    })
  })

  it.each([[{ cron: '0 3 * * *' }], [{ timeZone: 'UTC' }], [{ app: 'wx0000000000000000' }]])(
    'lets the nights before be when %j changes',
    (change) => expect(after(change).since).toBe('2026-11-20T00:00:00.000Z'),
  )

  it('lets the nights of its pause be when it is resumed', () => {
    const paused = after({ paused: true })
    expect(paused.since).toBe(made.since)
    expect(after({ paused: false }, paused).since).toBe('2026-11-20T00:00:00.000Z')
  })
})

it('has a name that can stand in a key', () => {
  expect(['stores-1', 'a', 'A', 'a_b', '', 'a'.repeat(41), '../x'].map(isScheduleName)).toEqual([
    ...[true, true, false, false, false, false, false],
  ])
})

it('puts the date of its night into names', () =>
  expect(fillDate('s-{yyyy}{mm}{dd}-{x}', '2026-03-09' as LocalDate)).toBe('s-20260309-{x}'))
