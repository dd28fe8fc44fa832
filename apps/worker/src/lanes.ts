/**
 * The lanes that a worker serves: a BullMQ worker each, with as many jobs in hand as its pace asks for. Lanes come and go with
 * the apps of the book.
 */
import {
  type AppBook,
  type AppId,
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
  readonly apps: AppBook
  readonly redis: Redis
  /** For counting what waits. */
  readonly queues: LaneQueues
  readonly namespace: string
  readonly road: Road
  readonly clock: Clock
  readonly onHalt: (code: string) => void
  readonly onMalformed: (app: AppId, what: string) => void
  readonly onLost: (error: Error) => void
  readonly onError: (error: Error) => void
  readonly onBegan: () => void
}

export interface ServedLane {
  readonly app: AppId
  readonly lane: Lane
  readonly worker: LaneWorker
  readonly pace: Pace
}

export interface Lanes {
  served(): readonly ServedLane[]
  /** Fits each lane's jobs in hand to its pace; called on a timer. */
  adjust(): void
  /** Is there a job that one of these lanes could begin now? Throws WaitFault while Redis can't be asked. */
  isRunnable(): Promise<boolean>
  /** The jobs in each lane, of all workers together. Throws as `isRunnable`. */
  counted(): Promise<readonly (ServedLane & { readonly jobs: LaneCounts })[]>
  close(hurry: AbortSignal): Promise<void>
}

export function serveLanes(options: LanesOptions): Lanes {
  const { apps, clock, queues } = options
  const lanes = new Map<AppId, readonly ServedLane[]>()
  /** Of apps that are gone: what they have in hand ends as it can. */
  const leaving = new Set<Promise<void>>()
  const letGo = new AbortController()

  const keepStep = (): void => {
    for (const { appid } of apps.all()) {
      if (!lanes.has(appid))
        lanes.set(
          appid,
          LANES.map((lane) => serve(options, appid, lane)),
        )
    }
    for (const [appid, gone] of lanes) {
      if (apps.find(appid) !== undefined) continue
      lanes.delete(appid)
      const left = closeAll(gone, letGo.signal).finally(() => leaving.delete(left))
      leaving.add(left)
    }
  }
  keepStep()
  const unwatch = apps.onChange(keepStep)

  const served = () => [...lanes.values()].flat()
  const counted = () =>
    Promise.all(served().map(async (one) => ({ ...one, jobs: await queues.count(one.app, one.lane) })))
  return {
    served,
    adjust() {
      for (const { worker, pace } of served()) worker.setConcurrency(pace.jobsInHand(clock.monotonic()))
    },
    async isRunnable() {
      const awake = (await counted()).filter(({ worker }) => !worker.resting)
      return awake.some(({ jobs }) => jobs.waiting > 0)
    },
    counted,
    async close(hurry) {
      unwatch()
      const stop = () => letGo.abort()
      hurry.addEventListener('abort', stop, { once: true })
      if (hurry.aborted) stop()
      await Promise.all([closeAll(served(), hurry), ...leaving])
      await queues.close()
    },
  }
}

async function closeAll(lanes: readonly ServedLane[], hurry: AbortSignal): Promise<void> {
  await Promise.all(lanes.map(({ worker }) => worker.close(hurry)))
}

function serve(options: LanesOptions, app: AppId, lane: Lane): ServedLane {
  const { apps, clock } = options
  const pace = createPace(() => {
    const quotas = apps.find(app)?.quotas
    return quotas === undefined ? 1 : perMinuteOf(quotas, lane)
  })
  const worker = createLaneWorker({
    redis: options.redis,
    namespace: options.namespace,
    app,
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
    async take(ask, signal): Promise<Permit> {
      pace.waits()
      grantedAtMs = null
      try {
        const permit = await road.permits.take(ask, signal)
        grantedAtMs = clock.monotonic()
        return permit
      } finally {
        pace.waited(grantedAtMs)
      }
    },
    answered: (ask, permit, outcome) => road.permits.answered(ask, permit, outcome),
    hold: (target, hold) => road.permits.hold(target, hold),
  }
  return { road: { ...road, permits }, grantedAtMs: () => grantedAtMs }
}
