/** Schedules and runs as the API gives them. Pure. */
import { formatDeadline, nextRunAfter, type RunRecord, type ScheduleRecord } from '@sunpress/core'
import type { Schedule, ScheduleRun } from '../schemas/schedule.js'

export function presentSchedule(record: ScheduleRecord, lastRun: RunRecord | null, nowMs: number): Schedule {
  const { v: _v, since: _since, window, deadline, ...fields } = record
  const next = record.paused ? null : nextRunAfter(record, nowMs)
  return {
    ...fields,
    window: window === null ? null : { from: window.from, to: window.to },
    deadline: formatDeadline(deadline),
    nextRunAt: next === null ? null : new Date(next.atMs).toISOString(),
    lastRun: lastRun === null ? null : presentRun(lastRun),
  } as Schedule
}

export function presentRun({ v: _v, source, ...run }: RunRecord): ScheduleRun {
  if (source === null) return { ...run, source }
  const { etag, bytes, sha256 } = source
  return { ...run, source: { etag, bytes, sha256 } }
}
