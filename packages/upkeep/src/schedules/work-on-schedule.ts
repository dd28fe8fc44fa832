/** One turn on one schedule: tonight is entered into the history, then every run that hasn't ended is gone on with. */
import {
  type CampaignId,
  deadlineOf,
  type LocalDate,
  nightOfKey,
  planNights,
  type RunOutcome,
  type RunRecord,
  type ScheduledRun,
  type ScheduleRecord,
  scheduledCampaignId,
} from '@sunpress/core'
import { advanceRun } from './advance-run.js'
import type { SchedulerParts } from './parts.js'
import type { Turn } from './turn.js'

export interface WorkedOn {
  /** null when there is no such schedule, or no night yet. */
  readonly settled: { readonly updatedAt: string; readonly date: LocalDate } | null
}

export async function workOn(parts: SchedulerParts, name: string, turn: Turn): Promise<WorkedOn> {
  const schedule = await parts.schedules.read(name)
  const newest = schedule === null ? null : await enterNights(parts, schedule)
  for await (const open of parts.schedules.listOpenRuns()) {
    turn.held.throwIfAborted()
    if (open.schedule !== name) continue
    try {
      await advanceRun(parts, schedule, open, turn)
    } catch (fault) {
      turn.held.throwIfAborted()
      // A run whose file is damaged keeps no other from going on.
      parts.observer.failed(`${name}/${open.key}`, fault)
    }
  }
  return {
    settled: schedule === null || newest === null ? null : { updatedAt: schedule.updatedAt, date: newest },
  }
}

/** Gives the newest night of the history. */
async function enterNights({ schedules, clock, observer }: SchedulerParts, schedule: ScheduleRecord) {
  const nights = (await schedules.listRuns(schedule.name)).map(nightOfKey).filter((date) => date !== null)
  const last = nights.at(-1) ?? null
  const nowMs = clock.now()
  const { make, letGo } = planNights(schedule, last, nowMs)
  for (const { run, outcome } of letGo) {
    const ended = newRun(schedule, run, nowMs, outcome)
    await schedules.writeRun(ended)
    observer.ended(ended)
  }
  if (make !== null) await schedules.claimRun(newRun(schedule, make, nowMs, 'running'))
  return make?.date ?? letGo.at(-1)?.run.date ?? last
}

/** A night as it begins, or as it is let go. */
export function newRun<O extends RunOutcome>(
  schedule: ScheduleRecord,
  night: ScheduledRun,
  nowMs: number,
  outcome: O,
  manual: CampaignId | null = null,
): RunRecord & { readonly outcome: O } {
  const now = new Date(nowMs).toISOString()
  return {
    v: 1,
    schedule: schedule.name,
    app: schedule.app,
    date: night.date,
    manual: manual !== null,
    campaign: manual ?? scheduledCampaignId(schedule.app, schedule.name, night),
    scheduledAt: new Date(night.atMs).toISOString(),
    deadlineAt: new Date(deadlineOf(schedule, night)).toISOString(),
    startedAt: now,
    endedAt: outcome === 'running' ? null : now,
    outcome,
    reason: null,
    detail: null,
    failures: 0,
    nextTryAt: null,
    source: null,
    total: null,
  }
}
