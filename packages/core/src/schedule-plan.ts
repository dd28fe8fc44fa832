/** Which nights of a schedule are to be made now, and which are let go. Pure. */

import type { ScheduleRecord } from './schedule.js'
import { lastRunBefore, nextRunAfter, type ScheduledRun } from './schedule-cron.js'
import { addDays, instantOf, type LocalDate, localDateAt } from './schedule-time.js'

/** A night that isn't made, and why. */
export interface LetGo {
  readonly run: ScheduledRun
  readonly outcome: 'skipped' | 'deadline'
}

export interface NightPlan {
  /** At most one: whoever was away for a week wants one campaign. */
  readonly make: ScheduledRun | null
  /** Oldest first. */
  readonly letGo: readonly LetGo[]
}

/** Later than this a night counts as missed. */
export const GRACE_MS = 15 * 60_000
/** Older nights aren't even told of. */
const MOST_LET_GO = 31

type Times = Pick<ScheduleRecord, 'cron' | 'timeZone' | 'deadline' | 'missed' | 'paused' | 'since'>

/** `lastDate`: the newest night that stands in the history, null when there is none. */
export function planNights(schedule: Times, lastDate: LocalDate | null, nowMs: number): NightPlan {
  if (schedule.paused) return { make: null, letGo: [] }
  const [newest, ...older] = dueNights(schedule, lastDate, nowMs)
  if (newest === undefined) return { make: null, letGo: [] }
  const letGo = older.reverse().map((run): LetGo => ({ run, outcome: 'skipped' }))
  if (nowMs >= deadlineOf(schedule, newest))
    return { make: null, letGo: [...letGo, { run: newest, outcome: 'deadline' }] }
  const isMissed = nowMs - newest.atMs > GRACE_MS
  if (isMissed && schedule.missed === 'skip')
    return { make: null, letGo: [...letGo, { run: newest, outcome: 'skipped' }] }
  return { make: newest, letGo }
}

/** Begun, and not in the history: newest first. */
function dueNights(schedule: Times, lastDate: LocalDate | null, nowMs: number): ScheduledRun[] {
  const sinceMs = Date.parse(schedule.since)
  const due: ScheduledRun[] = []
  let run = lastRunBefore(schedule, nowMs)
  while (run.atMs >= sinceMs && (lastDate === null || run.date > lastDate) && due.length < MOST_LET_GO) {
    due.push(run)
    run = lastRunBefore(schedule, run.atMs - 1)
  }
  return due
}

/** Until when a night's source is tried, in epoch ms; without a deadline of its own until the next night begins. */
export function deadlineOf(
  { cron, timeZone, deadline }: Pick<ScheduleRecord, 'cron' | 'timeZone' | 'deadline'>,
  { atMs }: Pick<ScheduledRun, 'atMs'>,
): number {
  if (deadline === null) return nextRunAfter({ cron, timeZone }, atMs).atMs
  if (deadline.kind === 'after') return atMs + deadline.minutes * 60_000
  const today = localDateAt(atMs, timeZone)
  const at = instantOf(today, deadline.time, timeZone)
  return at > atMs ? at : instantOf(addDays(today, 1), deadline.time, timeZone)
}
