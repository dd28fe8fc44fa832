/**
 * The working side of one lane. It fetches jobs as fast as the road ends them, translates the road's ends into BullMQ's, and
 * rests while the lane has to wait: after a job was put back for later, one job at a time probes whether the lane goes again.
 */
import { setMaxListeners } from 'node:events'
import {
  type AppId,
  type Attempt,
  decodeJob,
  encodeJob,
  type Lane,
  type RoadEnd,
  type SceneJob,
} from '@sunpress/core'
import { appKeys } from '@sunpress/redis'
import { type Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { backoffOf, isJobLost, putBack, retryLater } from './bull-outcomes.js'

export interface LaneWorkerOptions {
  readonly redis: Redis
  readonly namespace: string
  readonly app: AppId
  readonly lane: Lane
  /** Jobs in hand at first. */
  readonly concurrency: number
  readonly travel: (job: SceneJob, attempt: Attempt) => Promise<RoadEnd>
  readonly onHalt: (code: string) => void
  readonly onMalformed: (what: string) => void
  /** A job in hand was taken away: its lock had run out, or Redis had lost it. */
  readonly onLost: (error: Error) => void
  readonly onError: (error: Error) => void
}

export interface LaneWorker {
  /** Jobs in hand at a time; follows rate × latency. */
  setConcurrency(jobs: number): void
  /** Jobs in hand now. */
  readonly inHand: number
  readonly resting: boolean
  /** Takes no new job, lets calls in flight end; aborts what is left when `deadline` aborts. */
  close(deadline: AbortSignal): Promise<void>
}

const LOCK_MS = 10_000
/** A killed worker's jobs are back within 12 s: their locks have ended then, and a check has seen it. */
const STALLED_CHECK_MS = 2_000
/** Out of reach: the road refuses a scene whose workers keep dying. */
const MAX_STALLED = 1_000_000
/** A job of a newer release waits so long for a worker that knows it. */
const NEWER_MS = 30_000
/** A resting lane looks again so often. */
const REST_MS = 1_000

export function createLaneWorker(options: LaneWorkerOptions): LaneWorker {
  const draining = new AbortController()
  const aborting = new AbortController()
  setMaxListeners(0, draining.signal, aborting.signal)
  let wanted = options.concurrency
  let inHand = 0
  let rest: NodeJS.Timeout | null = null

  const restFor = (afterMs: number): void => {
    if (rest !== null || draining.signal.aborted) return
    worker.concurrency = 1
    void worker.pause(true)
    rest = setTimeout(
      () => {
        rest = null
        if (!draining.signal.aborted) void worker.resume()
      },
      Math.min(afterMs, REST_MS),
    )
  }

  const travel = async (bullJob: Job, job: SceneJob, token: string | undefined): Promise<void> => {
    const { attemptsMade: spent, stalledCounter: workersLost } = bullJob
    const signals = { draining: draining.signal, signal: aborting.signal }
    const end = await options.travel(job, { spent, workersLost, ...signals })
    switch (end.next) {
      case 'remove':
        if (rest === null) worker.concurrency = wanted
        return
      case 'put_back':
        if (end.afterMs > 0 && end.alone !== true) restFor(end.afterMs)
        if (end.stored) await bullJob.updateData(encodeJob({ ...job, again: true }))
        return await putBack(bullJob, token, end.afterMs)
      case 'retry':
        throw retryLater(end)
      case 'halt':
        options.onHalt(end.code)
        return await putBack(bullJob, token, REST_MS)
      default:
        return end satisfies never
    }
  }

  const work = async (bullJob: Job, token: string | undefined): Promise<void> => {
    // NOTE: a fetch that waited when closing began may still bring a job.
    if (draining.signal.aborted) return await putBack(bullJob, token, 0)
    const decoded = decodeJob(options.app, bullJob.data)
    if (decoded.kind === 'newer') return await putBack(bullJob, token, NEWER_MS)
    if (decoded.kind === 'malformed') return options.onMalformed(decoded.what)
    inHand++
    try {
      await travel(bullJob, decoded.job, token)
    } finally {
      inHand--
    }
  }

  const worker: Worker = new Worker(options.lane, work, {
    connection: options.redis,
    prefix: appKeys(options.namespace, options.app).queuePrefix,
    concurrency: wanted,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: MAX_STALLED,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    settings: { backoffStrategy: (_attempts, _type, error) => backoffOf(error) },
  })
  worker.on('error', (error) => (isJobLost(error) ? options.onLost(error) : options.onError(error)))

  return {
    setConcurrency(jobs) {
      const probing = worker.concurrency === 1 && wanted !== 1
      wanted = jobs
      if (rest === null && !probing) worker.concurrency = jobs
    },
    get inHand() {
      return inHand
    },
    get resting() {
      return rest !== null
    },
    async close(deadline) {
      draining.abort()
      if (rest !== null) clearTimeout(rest)
      const abort = (): void => aborting.abort()
      if (deadline.aborted) abort()
      deadline.addEventListener('abort', abort, { once: true })
      await worker.close()
      deadline.removeEventListener('abort', abort)
    },
  }
}
