/** What became of the nights of schedules: counter and line together. */
import type { AppId, RunOutcome } from '@sunpress/core'
import type { Logger } from './logger.js'
import type { Metrics } from './metrics.js'

/** Of a run, what may be told. */
interface Run {
  readonly schedule: string
  readonly app: AppId
  readonly date: string
  readonly campaign: string
  readonly reason: string | null
  readonly detail: string | null
  readonly failures: number
  readonly nextTryAt: string | null
  readonly total: number | null
}

export interface ScheduleEvents {
  ended(run: Run & { readonly outcome: Exclude<RunOutcome, 'running'> }): void
  tryFailed(run: Run, fault: unknown): void
  failed(what: string, fault: unknown): void
}

export function observeSchedules(metrics: Metrics, logger: Logger): ScheduleEvents {
  const log = logger.child({ part: 'schedules' })
  return {
    ended({ outcome, ...run }) {
      metrics.count('scheduleRuns', { app: run.app, outcome })
      const { schedule, app, date, campaign, reason, detail, failures, total } = run
      const level = outcome === 'failed' || outcome === 'deadline' ? 'error' : 'info'
      log[level]({ schedule, app, date, outcome, campaign, reason, detail, failures, total }, 'night ended')
    },
    tryFailed({ schedule, app, date, failures, nextTryAt }, fault) {
      log.warn({ schedule, app, date, failures, nextTryAt, fault }, 'source failed, to be tried again')
    },
    failed: (what, fault) => log.warn({ what, fault }, 'a look at schedules failed'),
  }
}
