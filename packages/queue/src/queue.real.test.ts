import { randomUUID } from 'node:crypto'
import {
  type AppId,
  type CampaignId,
  DEFAULT_LOOK,
  encodeJob,
  type Generation,
  type RoadEnd,
  type SceneJob,
} from '@sunpress/core'
import { appKeys, connectRedis } from '@sunpress/redis'
import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createLaneQueues } from './lane-queues.js'
import { createLaneWorker, type LaneWorker, type LaneWorkerOptions } from './lane-worker.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'blocking', name: 'queue-test' })
const app = 'wx0123456789abcdef' as AppId
const campaign = '01HF000000000000000000000A' as CampaignId
let namespace = ''
const workers: LaneWorker[] = []

beforeEach(() => {
  namespace = `t-${randomUUID()}`
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close(AbortSignal.timeout(1_000))))
})
afterAll(async () => {
  await redis.quit()
})

const job = (index: number): SceneJob => ({
  app,
  generation: 'G1' as Generation,
  campaign,
  campaignCreatedAtMs: 1,
  index,
  scene: `s=${index}`,
  look: { ...DEFAULT_LOOK, page: 'pages/index/index' },
  again: false,
  lastRound: false,
})

const queues = () => createLaneQueues({ redis, namespace })

function work(travel: LaneWorkerOptions['travel'], changes: Partial<LaneWorkerOptions> = {}): LaneWorker {
  const worker = createLaneWorker({
    redis,
    namespace,
    app,
    lane: 'unlimited',
    concurrency: 5,
    travel,
    onHalt: () => {},
    onMalformed: () => {},
    onLost: () => {},
    onError: () => {},
    ...changes,
  })
  workers.push(worker)
  return worker
}

/** Resolves when it has been called so often. */
function countdown(times: number) {
  let left = times
  let end: () => void = () => {}
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  return { over, tick: () => (--left <= 0 ? end() : undefined) }
}

describe('a lane', () => {
  it('holds a scene once, however often it is enqueued', async () => {
    const lane = queues()
    await lane.enqueue(app, 'unlimited', [job(1), job(2), job(1)], 5)
    await lane.enqueue(app, 'unlimited', [job(2)], 5)
    expect(await lane.count(app, 'unlimited')).toEqual({ waiting: 2, active: 0, delayed: 0 })
  })

  it('serves campaigns of higher priority first, and gives each job as it was', async () => {
    const lane = queues()
    await lane.enqueue(app, 'unlimited', [job(1)], 1)
    await lane.enqueue(app, 'unlimited', [job(9)], 9)
    const done = countdown(2)
    const seen: SceneJob[] = []
    work(
      async (scene): Promise<RoadEnd> => {
        seen.push(scene)
        done.tick()
        return { next: 'remove' }
      },
      { concurrency: 1 },
    )
    await done.over
    expect(seen).toEqual([job(9), job(1)])
  })

  it('gets a scene back whose job stands in no list any more, and sends no other twice', async () => {
    const lane = queues()
    await lane.enqueue(app, 'unlimited', [job(1)], 5)
    await redis.del(`${appKeys(namespace, app).queuePrefix}:unlimited:prioritized`)
    await lane.enqueue(app, 'unlimited', [job(1), job(2)], 5)
    expect(await lane.count(app, 'unlimited')).toMatchObject({ waiting: 1 })
    await lane.resend(app, 'unlimited', [job(1), job(2), job(3)], 5)
    expect(await lane.count(app, 'unlimited')).toMatchObject({ waiting: 3 })
  })

  it('frees the id of a scene that has ended', async () => {
    const lane = queues()
    for (let round = 0; round < 2; round++) {
      const done = countdown(1)
      await lane.enqueue(app, 'unlimited', [job(1)], 5)
      const worker = work(async () => {
        done.tick()
        return { next: 'remove' }
      })
      await done.over
      await worker.close(AbortSignal.timeout(1_000))
      expect(await lane.count(app, 'unlimited')).toEqual({ waiting: 0, active: 0, delayed: 0 })
    }
  })
})

describe('a job put back', () => {
  it('costs no attempt; a retried one does', async () => {
    await queues().enqueue(app, 'unlimited', [job(1)], 5)
    const ends: RoadEnd[] = [
      { next: 'put_back', afterMs: 0 },
      { next: 'put_back', afterMs: 20 },
      { next: 'retry', afterMs: 10, code: 'upstream_-1' },
      { next: 'remove' },
    ]
    const spent: number[] = []
    const done = countdown(ends.length)
    work(async (_scene, attempt) => {
      spent.push(attempt.spent)
      done.tick()
      return ends[spent.length - 1] ?? { next: 'remove' }
    })
    await done.over
    expect(spent).toEqual([0, 0, 0, 1])
  })

  it('takes its turn at once when what it waited for is over', async () => {
    const lanes = queues()
    await lanes.enqueue(app, 'unlimited', [job(1)], 5)
    const ends: RoadEnd[] = [{ next: 'put_back', afterMs: 60_000, alone: true }, { next: 'remove' }]
    let taken = 0
    const [first, done] = [countdown(1), countdown(2)]
    work(async () => {
      first.tick()
      done.tick()
      return ends[taken++] ?? { next: 'remove' }
    })
    await first.over
    while ((await lanes.count(app, 'unlimited')).delayed === 0) await new Promise(setImmediate)
    await lanes.wake(app, 'unlimited')
    await done.over
    expect(taken).toBe(2)
  })

  it('remembers that its picture is stored', async () => {
    await queues().enqueue(app, 'unlimited', [job(1)], 5)
    const ends: RoadEnd[] = [{ next: 'put_back', afterMs: 20, stored: true }, { next: 'remove' }]
    const again: boolean[] = []
    const done = countdown(ends.length)
    work(async (scene) => {
      again.push(scene.again)
      done.tick()
      return ends[again.length - 1] ?? { next: 'remove' }
    })
    await done.over
    expect(again).toEqual([false, true])
  })

  it('waits alone where only its own scene has to', async () => {
    await queues().enqueue(app, 'unlimited', [1, 2, 3].map(job), 5)
    const done = countdown(3)
    const resting: boolean[] = []
    let first = true
    const worker = work(
      async () => {
        resting.push(worker.resting)
        done.tick()
        if (!first) return { next: 'remove' }
        first = false
        return { next: 'put_back', afterMs: 60_000, alone: true }
      },
      { concurrency: 1 },
    )
    await done.over
    expect(resting).toEqual([false, false, false])
  })

  it('makes the lane rest and then probe with one job', async () => {
    await queues().enqueue(app, 'unlimited', [1, 2, 3, 4, 5, 6].map(job), 5)
    const done = countdown(6)
    let most = 0
    let now = 0
    let first = true
    const worker = work(
      async () => {
        if (first) {
          first = false
          return { next: 'put_back', afterMs: 50 }
        }
        most = Math.max(most, ++now)
        await new Promise((resolve) => setImmediate(resolve))
        now--
        done.tick()
        return { next: 'remove' }
      },
      { concurrency: 1 },
    )
    worker.setConcurrency(1)
    await done.over
    expect(most).toBe(1)
    expect(worker.resting).toBe(false)
  })

  it('waits untouched when a newer release wrote it', async () => {
    const prefix = appKeys(namespace, app).queuePrefix
    const queue = new Queue('unlimited', { connection: redis, prefix })
    await queue.add('scene', { ...encodeJob(job(1)), v: 2 }, { jobId: 'x.1', attempts: 9 })
    await queues().enqueue(app, 'unlimited', [job(2)], 5)
    const done = countdown(1)
    const seen: number[] = []
    work(async (scene) => {
      seen.push(scene.index)
      done.tick()
      return { next: 'remove' }
    })
    await done.over
    await expect.poll(() => queue.getDelayedCount()).toBe(1)
    const [newer] = await queue.getDelayed()
    expect(newer?.attemptsMade).toBe(0)
    expect(seen).toEqual([2])
    await queue.close()
  })
})

describe('closing', () => {
  it('lets work in hand end and takes no more', async () => {
    await queues().enqueue(app, 'unlimited', [job(1), job(2)], 5)
    const begun = countdown(1)
    let finish: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    const worker = work(
      async () => {
        begun.tick()
        await held
        return { next: 'remove' }
      },
      { concurrency: 1 },
    )
    await begun.over
    const closed = worker.close(new AbortController().signal)
    finish()
    await closed
    expect(await queues().count(app, 'unlimited')).toEqual({ waiting: 1, active: 0, delayed: 0 })
  })

  it('tells roads at once that it drains, and aborts them at the deadline; their jobs go back without an attempt', async () => {
    await queues().enqueue(app, 'unlimited', [job(1)], 5)
    const begun = countdown(1)
    const heard: string[] = []
    const worker = work(async (_scene, { draining, signal }) => {
      draining.addEventListener('abort', () => heard.push('draining'))
      begun.tick()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      heard.push('aborted')
      return { next: 'put_back', afterMs: 0 }
    })
    await begun.over
    const deadline = new AbortController()
    const closed = worker.close(deadline.signal)
    deadline.abort()
    await closed
    expect(heard).toEqual(['draining', 'aborted'])
    expect(await queues().count(app, 'unlimited')).toEqual({ waiting: 1, active: 0, delayed: 0 })
  })
})
