/** The feeding side of the lanes: one BullMQ queue each, under the prefix {appid}, on one shared connection. */
import {
  type AppId,
  type CampaignId,
  encodeJob,
  jobId,
  type Lane,
  MAX_PRIORITY,
  type SceneJob,
} from '@sunpress/core'
import { appKeys, asking } from '@sunpress/redis'
import { type JobsOptions, Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { isJobLost } from './bull-outcomes.js'

export interface LaneCounts {
  /** To be taken by whichever worker comes first. */
  readonly waiting: number
  /** In a worker's hand. */
  readonly active: number
  readonly delayed: number
}

export interface LaneQueues {
  /**
   * Adds scenes under ids of their own, so that sending one twice does no harm. Not atomic: after a fault, send again.
   * `priority` is a campaign's, 1–9, 9 first.
   */
  enqueue(app: AppId, lane: Lane, jobs: readonly SceneJob[], priority: number): Promise<void>
  /**
   * As `enqueue`, for scenes whose jobs may be lost. A loss of a part of Redis can leave a job's data without a place in any
   * list: its id would never be free again, so that such a job is removed first.
   */
  resend(app: AppId, lane: Lane, jobs: readonly SceneJob[], priority: number): Promise<void>
  /**
   * Waiting jobs of these scenes take their turn as those of that priority do; others stay as they are. Gives the scenes that have
   * a job.
   */
  prefer(
    app: AppId,
    lane: Lane,
    campaign: CampaignId,
    indexes: readonly number[],
    priority: number,
  ): Promise<number[]>
  /** What was put back for later takes its turn now: what it waited for is over. */
  wake(app: AppId, lane: Lane): Promise<void>
  count(app: AppId, lane: Lane): Promise<LaneCounts>
  close(): Promise<void>
}

/** Jobs in one round trip: beyond some hundreds there is nothing to gain. */
const BATCH = 500
/** BullMQ's stream of its own events is not what we account by. */
const EVENTS_KEPT = 1_000
/** The road itself ends a scene that fails too often: BullMQ never does. */
const ATTEMPTS = 1_000_000

export function createLaneQueues({ redis, namespace }: { redis: Redis; namespace: string }): LaneQueues {
  const queues = new Map<string, Queue>()
  const queueOf = (app: AppId, lane: Lane): Queue => {
    const prefix = appKeys(namespace, app).queuePrefix
    const name = `${prefix}:${lane}`
    const queue = queues.get(name) ?? openQueue(redis, prefix, lane)
    queues.set(name, queue)
    return queue
  }
  const enqueue: LaneQueues['enqueue'] = async (app, lane, jobs, priority) => {
    const queue = queueOf(app, lane)
    for (const batch of batchesOf(jobs))
      await asking(() => queue.addBulk(batch.map((job) => toBullJob(job, priority))))
  }
  return {
    enqueue,
    async resend(app, lane, jobs, priority) {
      const queue = queueOf(app, lane)
      for (const batch of batchesOf(jobs))
        await asking(() => Promise.all(batch.map((job) => freeOrphan(queue, jobId(job.campaign, job.index)))))
      await enqueue(app, lane, jobs, priority)
    },
    async prefer(app, lane, campaign, indexes, priority) {
      const queue = queueOf(app, lane)
      const isThere = async (index: number): Promise<boolean> => {
        const job = await queue.getJob(jobId(campaign, index))
        const wanted = bullPriority(priority)
        // One that has it already would go behind the others.
        if (job !== undefined && job.priority !== wanted)
          await job.changePriority({ priority: wanted }).catch(unlessJobLost)
        return job !== undefined
      }
      const there: boolean[] = []
      for (let at = 0; at < indexes.length; at += BATCH)
        there.push(...(await asking(() => Promise.all(indexes.slice(at, at + BATCH).map(isThere)))))
      return indexes.filter((_, at) => there[at])
    },
    async wake(app, lane) {
      await asking(() => queueOf(app, lane).promoteJobs({ count: BATCH }))
    },
    async count(app, lane) {
      const counts = await asking(() =>
        queueOf(app, lane).getJobCounts('wait', 'prioritized', 'active', 'delayed'),
      )
      const { wait = 0, prioritized = 0, active = 0, delayed = 0 } = counts
      return { waiting: wait + prioritized, active, delayed }
    },
    async close() {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()))
    },
  }
}

function openQueue(redis: Redis, prefix: string, lane: Lane): Queue {
  const streams = { events: { maxLen: EVENTS_KEPT } }
  const queue = new Queue(lane, { connection: redis, prefix, streams, skipWaitingForReady: true })
  queue.on('error', () => {
    // NOTE: every command reports its own failure; without a listener Node would end the process.
  })
  return queue
}

/** It ended between our look at it and the change. */
function unlessJobLost(error: Error): void {
  if (!isJobLost(error)) throw error
}

/** BullMQ serves 1 first; jobs without a priority go before all others. */
const bullPriority = (priority: number): number => MAX_PRIORITY + 1 - priority

function batchesOf(jobs: readonly SceneJob[]): SceneJob[][] {
  const batches: SceneJob[][] = []
  for (let from = 0; from < jobs.length; from += BATCH) batches.push(jobs.slice(from, from + BATCH))
  return batches
}

/** BullMQ moves a job from list to list in one step: one that is in none will never be worked on. */
async function freeOrphan(queue: Queue, id: string): Promise<void> {
  if ((await queue.getJobState(id)) === 'unknown') await queue.remove(id)
}

const toBullJob = (job: SceneJob, priority: number): { name: string; data: object; opts: JobsOptions } => ({
  name: 'scene',
  data: encodeJob(job),
  opts: {
    jobId: jobId(job.campaign, job.index),
    priority: bullPriority(priority),
    attempts: ATTEMPTS,
    backoff: { type: 'custom' },
    removeOnComplete: true,
    removeOnFail: true,
    stackTraceLimit: 0,
  },
})
