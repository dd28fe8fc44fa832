/** The lanes that a worker serves: a BullMQ worker each, with as many jobs in hand as its pace asks for. */
import {
  type App,
  type Clock,
  generateCode,
  LANES,
  type Lane,
  type Permit,
  perMinuteOf,
  type Road,
} from '@sunpress/core'
import { createLaneWorker, type LaneCounts, type LaneQueues, type LaneWorker } from '@sunpress/queue'
import type { Redis } from '@sunpress/redis'
import { createPace, type Pace } from './pace.js'

export interface LanesOptions {
  readonly apps: readonly App[]
  readonly redis: Redis
  /** For counting what waits. */
  readonly queues: LaneQueues
  readonly namespace: string
  readonly road: Road
  readonly clock: Clock
  readonly onHalt: (code: string) => void
  readonly onMalformed: (app: App, what: string) => void
  readonly onLost: (error: Error) => void
  readonly onError: (error: Error) => void
  readonly onBegan: () => void
}

export interface ServedLane {
  readonly app: App
  readonly lane: Lane
  readonly worker: LaneWorker
  readonly pace: Pace
}

export interface Lanes {
  readonly served: readonly ServedLane[]
  /** Fits each lane's jobs in hand to its pace; called on a timer. */
  adjust(): void
  /** Is there a job that one of these lanes could begin now? Throws WaitFault while Redis can't be asked. */
  isRunnable(): Promise<boolean>
  /** The jobs in each lane, of all workers together. Throws as `isRunnable`. */
  counted(): Promise<readonly (ServedLane & { readonly jobs: LaneCounts })[]>
  close(hurry: AbortSignal): Promise<void>
}

export function serveLanes(options: LanesOptions): Lanes {
  const served = options.apps.flatMap((app) => LANES.map((lane) => serve(options, app, lane)))
  const counted = () =>
    Promise.all(
      served.map(async (one) => ({ ...one, jobs: await options.queues.count(one.app.appid, one.lane) })),
    )
  return {
    served,
    adjust() {
      for (const { worker, pace } of served) worker.setConcurrency(pace.jobsInHand(options.clock.monotonic()))
    },
    async isRunnable() {
      const awake = (await counted()).filter(({ worker }) => !worker.resting)
      return awake.some(({ jobs }) => jobs.waiting > 0)
    },
    counted,
    async close(hurry) {
      await Promise.all(served.map(({ worker }) => worker.close(hurry)))
      await options.queues.close()
    },
  }
}

function serve(options: LanesOptions, app: App, lane: Lane): ServedLane {
  const { clock } = options
  const pace = createPace(() => perMinuteOf(app.quotas, lane))
  const worker = createLaneWorker({
    redis: options.redis,
    namespace: options.namespace,
    app: app.appid,
    lane,
    concurrency: pace.jobsInHand(clock.monotonic()),
    async travel(job, attempt) {
      options.onBegan()
      const watched = watchPermit(options.road, clock, pace)
      const end = await generateCode(watched.road, job, attempt)
      if (watched.grantedAtMs() !== null) pace.travelled(clock.monotonic() - (watched.grantedAtMs() ?? 0))
      return end
    },
    onHalt: options.onHalt,
    onMalformed: (what) => options.onMalformed(app, what),
    onLost: options.onLost,
    onError: options.onError,
  })
  return { app, lane, worker, pace }
}

/** The same road, with the moment of its permit noted: latency counts from there. */
function watchPermit(road: Road, clock: Clock, pace: Pace) {
  let grantedAtMs: number | null = null
  const permits: Road['permits'] = {
    async take(app, lane, signal): Promise<Permit> {
      pace.waits()
      grantedAtMs = null
      try {
        const permit = await road.permits.take(app, lane, signal)
        grantedAtMs = clock.monotonic()
        return permit
      } finally {
        pace.waited(grantedAtMs)
      }
    },
    hold: (app, lane, hold) => road.permits.hold(app, lane, hold),
  }
  return { road: { ...road, permits }, grantedAtMs: () => grantedAtMs }
}
