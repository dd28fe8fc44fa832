/** One run goes on: to its end, or to its next try. Each step may be the last of this process; whoever comes next finds it. */
import { isFault, RefuseFault, type RunRecord, retryWaitMs, type ScheduleRecord } from '@sunpress/core'
import type { RunName } from '@sunpress/ledger'
import type { MadeNight, SchedulerParts } from './parts.js'
import type { Turn } from './turn.js'

export async function advanceRun(
  parts: SchedulerParts,
  schedule: ScheduleRecord | null,
  name: RunName,
  turn: Turn,
): Promise<void> {
  const { schedules, clock, nights } = parts
  const run = await schedules.readRun(name)
  if (run === null) return await clearUnbegun(parts, name)
  // The mark goes last: one that has ended only lacks this.
  if (run.outcome !== 'running') return await clear(parts, name)
  const found = await nights.find(run)
  if (found !== null) return await end(parts, name, run, found)
  const nowMs = clock.now()
  if (nowMs >= Date.parse(run.deadlineAt)) return await end(parts, name, run, overdue(run))
  if (run.nextTryAt !== null && nowMs < Date.parse(run.nextTryAt)) return
  if (schedule?.paused === true && !run.manual) return
  try {
    await end(parts, name, run, await nights.make(schedule, run, turn.held, turn.fetchingFor(run.manual)))
  } catch (fault) {
    turn.held.throwIfAborted()
    // No failure of the source: the next turn sees what has become of the schedule.
    if (turn.isCalledOff(run.manual)) return
    if (fault instanceof RefuseFault) return await end(parts, name, run, failedBy(fault))
    await tryLater(parts, name, run, fault)
  }
}

const overdue = (run: RunRecord): MadeNight => ({
  outcome: 'failed',
  reason: run.reason ?? 'deadline',
  detail: run.detail ?? 'Its deadline came before there was a campaign.',
})

const failedBy = ({ code, message }: RefuseFault): MadeNight => ({
  outcome: 'failed',
  reason: code,
  detail: message,
})

/** By another process, while this one slept: what it wrote stays. */
const hasEnded = async ({ schedules }: SchedulerParts, name: RunName): Promise<boolean> =>
  (await schedules.readRun(name))?.outcome !== 'running'

async function end(parts: SchedulerParts, name: RunName, run: RunRecord, made: MadeNight): Promise<void> {
  if (await hasEnded(parts, name)) return await clear(parts, name)
  const ended = {
    ...run,
    endedAt: new Date(parts.clock.now()).toISOString(),
    nextTryAt: null,
    ...fieldsOf(made),
  }
  await parts.schedules.writeRun(ended)
  parts.observer.ended(ended)
  await clear(parts, name)
}

function fieldsOf(made: MadeNight) {
  if (made.outcome === 'failed') return made
  const total = made.outcome === 'created' ? made.total : null
  return { outcome: made.outcome, reason: null, detail: null, source: made.source, total }
}

async function clear({ schedules }: SchedulerParts, name: RunName): Promise<void> {
  await schedules.removeRows(name)
  await schedules.closeRun(name)
}

/** The mark comes before the record: somebody may be writing that right now. */
const UNBEGUN_MS = 3_600_000

async function clearUnbegun({ schedules, clock }: SchedulerParts, name: RunName): Promise<void> {
  const openedAt = await schedules.openedAt(name)
  if (openedAt !== null && clock.now() - openedAt > UNBEGUN_MS) await schedules.closeRun(name)
}

async function tryLater(parts: SchedulerParts, name: RunName, run: RunRecord, fault: unknown): Promise<void> {
  if (await hasEnded(parts, name)) return
  const failures = run.failures + 1
  const atMs = Math.min(parts.clock.now() + retryWaitMs(failures), Date.parse(run.deadlineAt))
  const reason = isFault(fault) ? fault.code : 'unexpected'
  const detail = isFault(fault) ? fault.message : 'Something went wrong here; the log has it.'
  const waiting = { ...run, failures, reason, detail, nextTryAt: new Date(atMs).toISOString() }
  await parts.schedules.writeRun(waiting)
  parts.observer.tryFailed(waiting, fault)
}
