/**
 * A schedule's runs, newest first: by day, and within a day by when they were begun, since a run that was asked for may come before
 * the night or behind it. Reads a day at a time.
 */
import { type RunRecord, runKeyOf } from '@sunpress/core'
import type { ScheduleLedger } from './schedules.js'

type Runs = Pick<ScheduleLedger, 'listRuns' | 'readRun'>

/** `lastKey`: none of a later day than that of this key. */
export async function* newestRuns(
  schedules: Runs,
  schedule: string,
  lastKey?: string,
): AsyncGenerator<RunRecord> {
  const keys = await schedules.listRuns(schedule)
  const days = new Set(keys.map(dayOf).filter((day) => lastKey === undefined || day <= dayOf(lastKey)))
  for (const day of [...days].sort().reverse()) {
    const read = keys.filter((key) => dayOf(key) === day).map((key) => schedules.readRun({ schedule, key }))
    const runs = (await Promise.all(read)).filter((run) => run !== null)
    yield* runs.sort((a, b) => (isNewer(a, b) ? -1 : 1))
  }
}

export function isNewer(run: RunRecord, than: RunRecord): boolean {
  if (run.date !== than.date) return run.date > than.date
  return run.startedAt === than.startedAt ? runKeyOf(run) > runKeyOf(than) : run.startedAt > than.startedAt
}

/** "2026-11-20", of "2026-11-20.<campaign>" too. */
const dayOf = (key: string): string => key.slice(0, 10)
