/** Nightly campaigns, as the API takes and gives them. */
import type { Look, Range } from './types.js'

/** A file of the store under sources/, an endpoint, or a serial range. {yyyy}, {mm} and {dd} are the night's local date. */
export type ScheduleSource =
  | { readonly kind: 'object'; readonly key: string; readonly format: 'csv' | 'ndjson' }
  | {
      readonly kind: 'url'
      readonly url: string
      readonly format: 'csv' | 'ndjson'
      /** Where the values are kept: env:SOURCE_NAME, or file:/path. Never the values. */
      readonly headers?: Readonly<Record<string, string>>
    }
  | ({ readonly kind: 'range' } & Range)

export interface ScheduleRequest {
  readonly app: string
  /** minute hour day month weekday; one minute and one hour. */
  readonly cron: string
  /** IANA name. */
  readonly timeZone: string
  /** Local times; outside of them the campaign waits. */
  readonly window?: { readonly from: string; readonly to: string } | null
  /** `6h` or `90m` after the beginning, or the next local `06:00`. */
  readonly deadline?: string | null
  /** By default the schedule's name and the date. */
  readonly campaignName?: string | null
  readonly priority?: number
  readonly look?: Look
  readonly badRows?: 'refuse' | 'skip'
  readonly source: ScheduleSource
  /** By default run_once. */
  readonly missed?: 'run_once' | 'skip'
  readonly paused?: boolean
}

export interface Schedule extends Required<ScheduleRequest> {
  readonly name: string
  /** null while it is paused. */
  readonly nextRunAt: string | null
  readonly lastRun: ScheduleRun | null
  readonly createdAt: string
  readonly updatedAt: string
}

export type RunOutcome = 'running' | 'created' | 'nothing_new' | 'failed' | 'skipped' | 'deadline'

/** One night of a schedule, or a run that somebody asked for. */
export interface ScheduleRun {
  readonly schedule: string
  readonly app: string
  /** Local: 2026-11-20. */
  readonly date: string
  readonly manual: boolean
  /** Its id, whether or not there is one yet. */
  readonly campaign: string
  readonly outcome: RunOutcome
  readonly reason: string | null
  readonly detail: string | null
  /** Tries of the source that failed. */
  readonly failures: number
  readonly nextTryAt: string | null
  readonly scheduledAt: string
  readonly deadlineAt: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly total: number | null
  readonly source: { readonly etag: string | null; readonly bytes: number; readonly sha256: string } | null
}
