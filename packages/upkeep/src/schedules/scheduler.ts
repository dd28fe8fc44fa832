/**
 * Sees to it that every night is made once. Looks into the ledger at the start, every minute, and when an alarm rings; any number
 * of processes may do so. One works on a schedule at a time, under its lease; two at once would make the same campaign.
 * Doesn't promise the second at which a night begins.
 */
import { type LocalDate, lastRunBefore, type ScheduleRecord } from '@sunpress/core'
import type { SchedulerParts } from './parts.js'
import { LEASE_MS, underScheduleLease } from './schedule-lease.js'
import { createSlots } from './slots.js'
import { type CallOff, newCallOff, turnOf } from './turn.js'
import { workOn } from './work-on-schedule.js'

export interface Scheduler {
  start(): void
  /** At all schedules, or at one. Resolves when what it has begun has ended; never rejects. */
  look(name?: string): Promise<void>
  /** Breaks runs under way off: they are gone on with by whoever looks next. */
  stop(): Promise<void>
}

const EVERY_MS = 60_000
/** Runs of different schedules, in one process, but for those that wait for their source. */
const MOST_PLANNED = 4
const MOST_FETCHED = 16

export function createScheduler(parts: SchedulerParts): Scheduler {
  const { schedules, clock, observer } = parts
  const stopping = new AbortController()
  const { signal } = stopping
  const inHand = new Map<string, Promise<void>>()
  const callOffs = new Map<string, CallOff>()
  /** Asked for while it was in hand. */
  const again = new Set<string>()
  const later = new Map<string, Promise<void>>()
  /** The newest night that is known to be in the history, as long as the schedule stays as it is. */
  const settled = new Map<string, { readonly updatedAt: string; readonly date: LocalDate }>()
  const slots = { planning: createSlots(MOST_PLANNED), fetching: createSlots(MOST_FETCHED) }
  let loop: Promise<void> | null = null

  const work = async (name: string): Promise<void> => {
    do {
      again.delete(name)
      const callOff = newCallOff()
      callOffs.set(name, callOff)
      const ended = await slots.planning.use(() =>
        underScheduleLease(parts, name, signal, (held) => workOn(parts, name, turnOf(held, callOff, slots))),
      )
      if (ended === null) lookLater(name)
      if (ended?.settled != null) settled.set(name, ended.settled)
    } while (again.has(name) && !signal.aborted)
  }

  /** Another process works on it, or died doing so: by then its lease has run out. */
  const lookLater = (name: string): void => {
    if (later.has(name)) return
    const waited = clock
      .sleep(LEASE_MS, signal)
      .then(() => {
        later.delete(name)
        void look(name)
      })
      .catch(() => {})
    later.set(name, waited)
  }

  const begin = (name: string, asked: boolean): Promise<void> => {
    const there = inHand.get(name)
    if (there !== undefined) {
      if (asked) again.add(name)
      return there
    }
    const begun = work(name)
      .catch((fault) => {
        if (!signal.aborted) observer.failed(name, fault)
      })
      .finally(() => {
        inHand.delete(name)
        callOffs.delete(name)
      })
    inHand.set(name, begun)
    return begun
  }

  const isDue = (schedule: ScheduleRecord): boolean => {
    if (schedule.paused) return false
    const known = settled.get(schedule.name)
    const last = lastRunBefore(schedule, clock.now())
    if (last.atMs < Date.parse(schedule.since)) return false
    return known === undefined || known.updatedAt !== schedule.updatedAt || last.date > known.date
  }

  const lookAtAll = async (): Promise<void> => {
    const due = new Set<string>()
    for await (const { schedule } of schedules.listOpenRuns()) due.add(schedule)
    const all = new Map<string, ScheduleRecord | 'unreadable'>()
    for await (const name of schedules.listNames()) {
      const schedule = await lookAt(name, due)
      if (schedule !== null) all.set(name, schedule)
    }
    callOffFetches(all)
    const begun = [...due].map((name) => begin(name, false))
    const known = [...all.values()].filter((schedule) => schedule !== 'unreadable')
    const timers = known.filter(({ paused }) => !paused)
    await parts.timers.set(timers).catch((fault) => observer.failed('timers', fault))
    await Promise.all(begun)
  }

  /** One whose file is damaged keeps no other from its nights. */
  const lookAt = async (name: string, due: Set<string>): Promise<ScheduleRecord | 'unreadable' | null> => {
    try {
      const schedule = await schedules.read(name)
      if (schedule !== null && isDue(schedule)) due.add(name)
      return schedule
    } catch (fault) {
      observer.failed(name, fault)
      return 'unreadable'
    }
  }

  /** Whatever process has been told to remove or to pause a schedule, this one breaks its fetch off. */
  const callOffFetches = (all: ReadonlyMap<string, ScheduleRecord | 'unreadable'>): void => {
    for (const [name, { removed, paused }] of callOffs) {
      const schedule = all.get(name)
      const why =
        schedule === undefined ? removed : schedule === 'unreadable' || !schedule.paused ? null : paused
      if (why === null || why.signal.aborted) continue
      why.abort(new Error('the schedule was removed, or paused'))
      again.add(name)
    }
  }

  const look = async (name?: string): Promise<void> => {
    if (signal.aborted) return
    await (name === undefined ? lookAtAll() : begin(name, true)).catch((fault) =>
      observer.failed(name ?? 'schedules', fault),
    )
  }

  return {
    look,
    start() {
      loop ??= (async () => {
        while (!signal.aborted) {
          // Not waited for: a night may take hours.
          void look()
          await clock.sleep(EVERY_MS, signal).catch(() => {})
        }
      })()
    },
    async stop() {
      stopping.abort()
      await loop
      await Promise.all([...inHand.values(), ...later.values()])
    },
  }
}
