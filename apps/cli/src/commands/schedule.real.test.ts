import { describe, expect, it } from 'vitest'
import { startStubProducer } from '../testing/stub-producer.js'

const RUN = {
  ...{ schedule: 'stores', app: 'wx0123456789abcdef', date: '2026-11-20', manual: true, campaign: '01ABC' },
  ...{ outcome: 'failed', reason: 'source_status', detail: 'answered 503', failures: 3, nextTryAt: null },
  ...{
    scheduledAt: '2026-11-20T02:30:00.000Z',
    deadlineAt: '',
    startedAt: '2026-11-20T02:30:01.000Z',
    endedAt: null,
  },
  ...{ total: null, source: null },
}
const SCHEDULE = {
  ...{ name: 'stores', app: 'wx0123456789abcdef', cron: '30 2 * * *', timeZone: 'UTC', paused: false },
  ...{ nextRunAt: '2026-11-21T02:30:00.000Z', lastRun: RUN },
}

const producer = await startStubProducer()
const run = (args: readonly string[], stdin?: string) => producer.run(['schedule', ...args], stdin)

describe('sunpress schedule', () => {
  it('puts what a file says', async () => {
    producer.answer = SCHEDULE
    const { code, out } = await run(['put', '-'], '{"name":"stores","cron":"30 2 * * *"}')
    expect([code, out]).toEqual([0, 'stores  next run 2026-11-21T02:30:00.000Z\n'])
    expect(producer.asked).toEqual([{ what: 'PUT /v1/schedules/stores', body: '{"cron":"30 2 * * *"}' }])
  })

  it('tells every defect of the file at its place, and ends with 2', async () => {
    producer.status = 422
    const errors = [
      { pointer: '/cron', field: 'cron', rule: 'format', value: '', message: 'cron: expected five fields' },
    ]
    producer.answer = {
      status: 422,
      code: 'invalid',
      detail: 'The schedule is not as expected.',
      errors,
      errorCount: 1,
    }
    const { code, err } = await run(['put', '-', '--name', 'stores'], '{}')
    expect(code).toBe(2)
    expect(err).toBe(
      'sunpress: The schedule is not as expected. (422)\n  /cron  cron: expected five fields\n',
    )
    expect((await run(['put', '-'], 'no JSON')).code).toBe(2)
    expect((await run(['put', '/no/such/file'])).code).toBe(2)
  })

  it('lists schedules and nights', async () => {
    producer.answer = { items: [SCHEDULE], nextCursor: null }
    const list = await run(['list'])
    expect(list.out).toMatch(/NAME\s+APP.*\nstores\s.*2026-11-20 failed \(source_status\)/)
    producer.answer = { items: [RUN], nextCursor: '2026-11-20' }
    const runs = await run(['runs', 'stores', '--limit', '1'])
    expect(runs.out).toMatch(/2026-11-20 \(asked for\)\s+failed \(source_status\)/)
    expect(runs.err).toBe('More: --cursor 2026-11-20\n')
    expect(producer.asked.map(({ what }) => what)).toEqual([
      'GET /v1/schedules?limit=100',
      'GET /v1/schedules/stores/runs?limit=1',
    ])
  })

  it('tells of each night why it waits, and when it is tried again', async () => {
    const waiting = {
      ...RUN,
      outcome: 'running',
      nextTryAt: '2026-11-20T02:30:31.000Z',
      reason: 'source_missing',
    }
    producer.answer = { items: [{ ...waiting, detail: 'there is no\nsources/a.csv' }], nextCursor: null }
    const { out } = await run(['runs', 'stores'])
    expect(out).toMatch(/OUTCOME .*NEXT TRY .*DETAIL\n/)
    expect(out).toMatch(
      /running \(source_missing\) .*2026-11-20T02:30:01Z {2}2026-11-20T02:30:31Z {2}-.*there is no sources\/a\.csv\n$/,
    )
  })

  it('marks times as UTC, whatever the zone of the schedule', async () => {
    producer.answer = { items: [{ ...SCHEDULE, timeZone: 'Asia/Shanghai' }], nextCursor: null }
    expect((await run(['list'])).out).toContain('Asia/Shanghai  2026-11-21T02:30:00Z  ')
  })

  it('shows one, with why its last night went wrong', async () => {
    producer.answer = SCHEDULE
    expect((await run(['show', 'stores'])).out).toMatch(
      /lastRun\s+2026-11-20 failed \(source_status\): answered 503/,
    )
    expect(JSON.parse((await run(['show', 'stores', '--json'])).out)).toEqual(SCHEDULE)
  })

  it('runs, pauses, resumes and deletes', async () => {
    producer.answer = { ...RUN, outcome: 'running', reason: null }
    expect((await run(['run', 'stores'])).out).toBe(
      '01ABC  the run has begun; what came of it: sunpress schedule runs stores\n',
    )
    producer.answer = { ...SCHEDULE, paused: true, nextRunAt: null }
    expect((await run(['pause', 'stores'])).out).toBe('stores  next run none: it is paused\n')
    expect((await run(['resume', 'stores'])).code).toBe(0)
    producer.status = 204
    expect((await run(['delete', 'stores'])).out).toBe('stores  deleted\n')
    expect(producer.asked.map(({ what }) => what)).toEqual([
      'POST /v1/schedules/stores/run',
      'POST /v1/schedules/stores/pause',
      'POST /v1/schedules/stores/resume',
      'DELETE /v1/schedules/stores',
    ])
  })
})
