import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { runSunpress } from '../run-sunpress.js'

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

/** A producer that answers as the description says; what it was asked is kept. */
let asked: { what: string; body: string }[] = []
let status = 200
let answer: unknown = {}
const producer = createServer(async (request: IncomingMessage, response) => {
  asked.push({ what: `${request.method} ${request.url}`, body: await text(request) })
  response.writeHead(status, {
    'content-type': status < 300 ? 'application/json' : 'application/problem+json',
  })
  response.end(status === 204 ? '' : JSON.stringify(answer))
})
await new Promise<void>((resolve) => producer.listen(0, '127.0.0.1', resolve))
const SUNPRESS_API_URL = `http://127.0.0.1:${(producer.address() as AddressInfo).port}`
afterAll(() => {
  producer.closeAllConnections()
  producer.close()
})

beforeEach(() => {
  asked = []
  status = 200
})

async function run(args: readonly string[], stdin = '') {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const env = { SUNPRESS_API_URL }
  const code = await runSunpress(['schedule', ...args], {
    env,
    stdin: Readable.from([stdin]),
    stdout,
    stderr,
  })
  stdout.end()
  stderr.end()
  return { code, out: await text(stdout), err: await text(stderr) }
}

describe('sunpress schedule', () => {
  it('puts what a file says', async () => {
    answer = SCHEDULE
    const { code, out } = await run(['put', '-'], '{"name":"stores","cron":"30 2 * * *"}')
    expect([code, out]).toEqual([0, 'stores  next run 2026-11-21T02:30:00.000Z\n'])
    expect(asked).toEqual([{ what: 'PUT /v1/schedules/stores', body: '{"cron":"30 2 * * *"}' }])
  })

  it('tells every defect of the file at its place, and ends with 2', async () => {
    status = 422
    const errors = [
      { pointer: '/cron', field: 'cron', rule: 'format', value: '', message: 'cron: expected five fields' },
    ]
    answer = { status, code: 'invalid', detail: 'The schedule is not as expected.', errors, errorCount: 1 }
    const { code, err } = await run(['put', '-', '--name', 'stores'], '{}')
    expect(code).toBe(2)
    expect(err).toBe(
      'sunpress: The schedule is not as expected. (422)\n  /cron  cron: expected five fields\n',
    )
    expect((await run(['put', '-'], 'no JSON')).code).toBe(2)
    expect((await run(['put', '/no/such/file'])).code).toBe(2)
  })

  it('lists schedules and nights', async () => {
    answer = { items: [SCHEDULE], nextCursor: null }
    const list = await run(['list'])
    expect(list.out).toMatch(/NAME\s+APP.*\nstores\s.*2026-11-20 failed \(source_status\)/)
    answer = { items: [RUN], nextCursor: '2026-11-20' }
    const runs = await run(['runs', 'stores', '--limit', '1'])
    expect(runs.out).toMatch(/2026-11-20 \(asked for\)\s+failed \(source_status\)/)
    expect(runs.err).toBe('More: --cursor 2026-11-20\n')
    expect(asked.map(({ what }) => what)).toEqual([
      'GET /v1/schedules?limit=100',
      'GET /v1/schedules/stores/runs?limit=1',
    ])
  })

  it('shows one, with why its last night went wrong', async () => {
    answer = SCHEDULE
    expect((await run(['show', 'stores'])).out).toMatch(
      /lastRun\s+2026-11-20 failed \(source_status\): answered 503/,
    )
    expect(JSON.parse((await run(['show', 'stores', '--json'])).out)).toEqual(SCHEDULE)
  })

  it('runs, pauses, resumes and deletes', async () => {
    answer = RUN
    expect((await run(['run', 'stores'])).out).toContain('sunpress campaign watch 01ABC')
    answer = { ...SCHEDULE, paused: true, nextRunAt: null }
    expect((await run(['pause', 'stores'])).out).toBe('stores  next run none: it is paused\n')
    expect((await run(['resume', 'stores'])).code).toBe(0)
    status = 204
    expect((await run(['delete', 'stores'])).out).toBe('stores  deleted\n')
    expect(asked.map(({ what }) => what)).toEqual([
      'POST /v1/schedules/stores/run',
      'POST /v1/schedules/stores/pause',
      'POST /v1/schedules/stores/resume',
      'DELETE /v1/schedules/stores',
    ])
  })
})
