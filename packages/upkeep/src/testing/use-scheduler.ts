/** A scheduler over a store in memory, with a clock that stands still and nights that tests answer. It registers a hook. */
import {
  type AppId,
  DEFAULT_LOOK,
  type Records,
  RetryFault,
  type RunRecord,
  type ScheduleRecord,
} from '@sunpress/core'
import { createScheduleLedger, type ScheduleLedger } from '@sunpress/ledger'
import { createMemoryLeases } from '@sunpress/redis/testing'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach } from 'vitest'
import type { Fetching, MadeNight, SchedulerParts } from '../schedules/parts.js'
import { createScheduler, type Scheduler } from '../schedules/scheduler.js'
import { newRun } from '../schedules/work-on-schedule.js'

export const NAME = 'stores'
export const SCHEDULE: ScheduleRecord = {
  ...{
    v: 1,
    name: NAME,
    app: 'wx0123456789abcdef' as AppId,
    cron: '0 2 * * *',
    timeZone: 'UTC',
    window: null,
  },
  ...{ deadline: { kind: 'after', minutes: 240 }, campaignName: null, priority: 5, look: DEFAULT_LOOK },
  ...{ badRows: 'refuse', source: { kind: 'range', template: 't={n}', from: 1, to: 2 }, missed: 'run_once' },
  ...{ paused: false, since: '2026-11-01T00:00:00Z', createdAt: '2026-11-01T00:00:00Z', updatedAt: '1' },
}
export const CREATED: MadeNight = { outcome: 'created', total: 2, source: null }

type Make = (run: RunRecord, signal: AbortSignal, fetching: Fetching) => MadeNight | Promise<MadeNight>

export let nowMs = 0
export let records: Records
export let ledger: ScheduleLedger
/** Who holds which lease. */
export let held: Map<string, string>
export let made: RunRecord[]
export let ended: RunRecord[]
export let faults: unknown[]
let answers: Make[]
/** The ids of those that were created. */
export let campaigns: Set<string>
/** Ends what is `waiting`. */
export let goOn: (night: MadeNight) => void = () => {}
export const waiting = () =>
  new Promise<MadeNight>((resolve) => {
    goOn = resolve
  })

/** Each wakes one sleeper. */
export let wakeBeats: (() => void)[] = []
const clock = {
  now: () => nowMs,
  monotonic: () => nowMs,
  /** Until somebody wakes it. */
  sleep: (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      wakeBeats.push(resolve)
      if (signal?.aborted) reject(signal.reason)
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
}

beforeEach(async () => {
  nowMs = Date.parse('2026-11-20T02:00:05Z')
  records = openMemoryStore({ clock }).records
  ledger = createScheduleLedger(records)
  held = new Map()
  made = []
  ended = []
  faults = []
  answers = [() => CREATED]
  campaigns = new Set()
  wakeBeats = []
  await ledger.write(SCHEDULE)
  await ledger.writeRun(
    newRun(SCHEDULE, { date: '2026-11-19' as never, atMs: nowMs - 86_405_000 }, nowMs, 'skipped'),
  )
})

export function scheduler(change: Partial<SchedulerParts> = {}): Scheduler {
  return createScheduler({
    schedules: ledger,
    leases: createMemoryLeases(held),
    holder: 'me',
    namespace: 'test',
    clock,
    timers: { set: async () => {} },
    nights: {
      find: async (run) => (campaigns.has(run.campaign) ? CREATED : null),
      async make(_schedule, run, signal, fetching) {
        made.push(run)
        const answer = answers.length > 1 ? answers.shift() : answers[0]
        const night = await (answer ?? (() => CREATED))(run, signal, fetching)
        if (night.outcome === 'created') campaigns.add(run.campaign)
        return night
      },
    },
    observer: {
      ended: (run) => ended.push(run),
      tryFailed: () => {},
      failed: (_what, fault) => faults.push(fault),
    },
    ...change,
  })
}

export const history = async (): Promise<string[]> => {
  const keys = await ledger.listRuns(NAME)
  const runs = await Promise.all(keys.map((key) => ledger.readRun({ schedule: NAME, key })))
  return runs.map((run) => `${run?.date} ${run?.outcome}${run?.reason == null ? '' : ` ${run.reason}`}`)
}
export const marks = async (): Promise<string[]> => {
  const keys: string[] = []
  for await (const { key } of ledger.listOpenRuns()) keys.push(key)
  return keys
}
export const unreachable = () => {
  throw new RetryFault('source_unreachable', 'no answer')
}
/** What each make does; the last goes on. */
export const answerWith = (...makes: Make[]): void => {
  answers = makes
}
export const setNow = (text: string): void => {
  nowMs = Date.parse(text)
}
export const passMs = (ms: number): void => {
  nowMs += ms
}
export const later = (minutes: number): void => passMs(minutes * 60_000)
