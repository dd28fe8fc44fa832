/**
 * Alarm clocks for schedules: BullMQ's job schedulers, one a schedule, over one queue. An alarm is a hint: it may be lost with
 * Redis, or ring twice; whoever hears it looks into the ledger, and looks there from time to time anyhow.
 */
import { asking, scheduleKeys } from '@sunpress/redis'
import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'

export interface ScheduleTimer {
  readonly name: string
  /** Five fields. */
  readonly cron: string
  /** IANA. */
  readonly timeZone: string
}

export interface ScheduleTimers {
  /** Sets what is missing or different, removes what isn't named. Any number of processes may do so. */
  set(timers: readonly ScheduleTimer[]): Promise<void>
  close(): Promise<void>
}

export interface TimerOptions {
  /** For commands. */
  readonly redis: Redis
  /** For waiting: see ConnectOptions. */
  readonly blocking: Redis
  readonly namespace: string
  /** Called in one of the processes that listen, at the time. */
  readonly onRing: (name: string) => void
  readonly onError: (error: Error) => void
}

const QUEUE = 'nights'
const EVENTS_KEPT = 100
/** There are hardly more in any company. */
const MOST_TIMERS = 10_000

export function createScheduleTimers(options: TimerOptions): ScheduleTimers {
  const { redis, blocking, namespace } = options
  const prefix = scheduleKeys(namespace).queuePrefix
  const streams = { events: { maxLen: EVENTS_KEPT } }
  const queue = new Queue(QUEUE, { connection: redis, prefix, streams, skipWaitingForReady: true })
  queue.on('error', () => {
    // NOTE: every command reports its own failure; without a listener Node would end the process.
  })
  const worker = new Worker(QUEUE, async ({ name }) => options.onRing(name), {
    connection: blocking,
    prefix,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  })
  worker.on('error', options.onError)
  return {
    async set(timers) {
      const standing = await asking(() => queue.getJobSchedulers(0, MOST_TIMERS))
      const byName = new Map(standing.map((one) => [one.key, one]))
      for (const { name, cron, timeZone } of timers) {
        const there = byName.get(name)
        byName.delete(name)
        if (there?.pattern === cron && there.tz === timeZone && there.next !== undefined) continue
        const repeat = { pattern: cron, tz: timeZone }
        const opts = { removeOnComplete: true, removeOnFail: true }
        await asking(() => queue.upsertJobScheduler(name, repeat, { name, opts }))
      }
      for (const name of byName.keys()) await asking(() => queue.removeJobScheduler(name))
    },
    async close() {
      await Promise.allSettled([worker.close(), queue.close()])
    },
  }
}
