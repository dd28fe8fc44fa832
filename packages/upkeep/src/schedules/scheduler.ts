/**
 * Sees to it that every night is made once. Looks into the ledger at the start, every minute, and when an alarm rings; any number
 * of processes may do so. One works on a schedule at a time, under its lease; two at once would make the same campaign.
 * Doesn't promise the second at which a night begins.
 */
import { type LocalDate, lastRunBefore, type ScheduleRecord } from '@sunpress/core'
import type { SchedulerParts } from './parts.js'
import { LEASE_MS, underScheduleLease } from './schedule-lease.js'
import { workOn } from './work-on-schedule.js'

export interface Scheduler {
  start(): void
  /** At all schedules, or at one. Resolves when what it has begun has ended; never rejects. */
  look(name?: string): Promise<void>
  /** Breaks runs under way off: they are gone on with by whoever looks next. */
  stop(): Promise<void>
}

const EVERY_MS = 60_000
/** Runs of different schedules, in one process. */
const MOST_AT_ONCE = 4

export function createScheduler(parts: SchedulerParts): Scheduler {
  const { schedules, clock, observer } = parts
  const stopping = new AbortController()
  const { signal } = stopping
  const inHand = new Map<string, Promise<void>>()
  /** Asked for while it was in hand. */
  const again = new Set<string>()
  const later = new Map<string, Promise<void>>()
  /** The newest night that is known to be in the history, as long as the schedule stays as it is. */
  const settled = new Map<string, { readonly updatedAt: string; readonly date: LocalDate }>()
  const slots = createSlots(MOST_AT_ONCE)
  let loop: Promise<void> | null = null

  const work = async (name: string): Promise<void> => {
    do {
      again.delete(name)
      const ended = await slots.use(() =>
        underScheduleLease(parts, name, signal, (held) => workOn(parts, name, held)),
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
      .finally(() => inHand.delete(name))
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
    const all: ScheduleRecord[] = []
    for await (const name of schedules.listNames()) {
      const schedule = await schedules.read(name)
      if (schedule === null) continue
      all.push(schedule)
      if (isDue(schedule)) due.add(name)
    }
    const begun = [...due].map((name) => begin(name, false))
    const timers = all.filter(({ paused }) => !paused)
    await parts.timers.set(timers).catch((fault) => observer.failed('timers', fault))
    await Promise.all(begun)
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

/** Lets so many work at a time; the others wait their turn. */
function createSlots(most: number) {
  let free = most
  const waiting: (() => void)[] = []
  return {
    async use<T>(work: () => Promise<T>): Promise<T> {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
    },
  }
}
