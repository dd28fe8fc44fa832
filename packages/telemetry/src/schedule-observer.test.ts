import type { AppId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createLogger } from './logger.js'
import { createMetrics } from './metrics.js'
import { observeSchedules } from './schedule-observer.js'
import { memorySink } from './testing/memory-sink.js'

const run = {
  ...{ schedule: 'stores', app: 'wx0123456789abcdef' as AppId, date: '2026-11-20', campaign: 'c' },
  ...{ reason: null, detail: null, failures: 0, nextTryAt: null, total: 7 },
}

it('counts how nights end, and is loud about those that want somebody to look', async () => {
  const sink = memorySink()
  const metrics = createMetrics({ role: 'producer', version: '1', ofTheProcess: false })
  const seen = observeSchedules(metrics, createLogger({ role: 'producer', level: 'debug', sink }))
  seen.ended({ ...run, outcome: 'created' })
  seen.ended({ ...run, outcome: 'failed', reason: 'source_status' })
  seen.tryFailed({ ...run, failures: 1 }, new Error('no answer'))
  expect(sink.entries()).toMatchObject([
    { level: 'info', schedule: 'stores', outcome: 'created', total: 7 },
    { level: 'error', outcome: 'failed', reason: 'source_status' },
    { level: 'warn', failures: 1 },
  ])
  const text = await metrics.render()
  expect(text).toMatch(/sunpress_schedule_runs_total\{.*outcome="created".*\} 1/)
  expect(text).toMatch(/sunpress_schedule_runs_total\{.*outcome="failed".*\} 1/)
})
