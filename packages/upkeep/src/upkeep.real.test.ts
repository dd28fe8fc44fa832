import type { CampaignId } from '@sunpress/core'
import { newCampaignId } from '@sunpress/core'
import { createLaneWorker } from '@sunpress/queue'
import { appKeys, createLeases } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { WINDOW } from './fill-lanes.js'
import {
  appid,
  begin,
  index,
  indexesOf,
  jobs,
  leaping,
  ledger,
  manifests,
  nextTurn,
  now,
  publish,
  publishAll,
  queues,
  redis,
  restartServer,
  stillClock,
  submit,
} from './testing/use-upkeep.js'

describe('upkeep', () => {
  it('finds a campaign that nobody announced and feeds a bounded window of it', async () => {
    const { id } = await submit(WINDOW + 500)
    begin()
    await expect.poll(jobs).toBe(WINDOW)
    const worker = createLaneWorker({
      ...{ redis, namespace: now.namespace, app: appid, lane: 'unlimited', concurrency: 1 },
      ...{ onHalt: () => {}, onMalformed: () => {}, onLost: () => {}, onError: () => {} },
      async travel(job, { signal }) {
        if (job.index < 10) await publish(id, job.index)
        else await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return job.index < 10 ? { next: 'remove' } : { next: 'put_back', afterMs: 0 }
      },
    })
    await expect.poll(async () => (await index().readCampaign(appid, id))?.cursor).toBe(WINDOW + 10)
    await worker.close(AbortSignal.abort())
  })

  it('ends a campaign when its counts add up: parts, index, report, and no open mark', async () => {
    const { id } = await submit(30)
    begin()
    await expect.poll(jobs).toBe(30)
    await publishAll(id, 0, 30)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ state: 'completed' })
    await expect.poll(async () => (await index().readCampaign(appid, id))?.state).toBe('completed')
    expect((await indexesOf(id)).length).toBe(30)
    expect(await manifests().readIndex(id)).toEqual({ v: 1, parts: expect.anything() })
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    expect(await index().feedLength(appid)).toBe(0)
  })

  it('goes on by itself after Redis has lost everything', async () => {
    const { id } = await submit(40)
    begin()
    await expect.poll(jobs).toBe(40)
    await publishAll(id, 0, 15)
    await expect.poll(leaping(async () => (await indexesOf(id)).length)).toBe(15)
    await publishAll(id, 15, 20)
    await redis.del(...(await redis.keys(`${now.namespace}:*`)))
    await expect.poll(() => now.rebuilds).toEqual(['no_generation', 'no_generation'])
    const known = await index().readCampaign(appid, id)
    expect(known?.counts).toMatchObject({ published: 15, pending: 25 })
    await expect.poll(jobs).toBe(25)
    await publishAll(id, 15, 40)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 40 } })
    expect((await indexesOf(id)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at))
  })

  it('trusts nothing of another run of the server: an old snapshot is not empty', async () => {
    const { id } = await submit(10)
    begin()
    await expect.poll(jobs).toBe(10)
    const before = (await index().readGeneration(appid)).generation
    await restartServer()
    await expect.poll(() => now.rebuilds).toEqual(['no_generation', 'new_server'])
    expect((await index().readGeneration(appid)).generation).not.toBe(before)
    await expect.poll(() => publish(id, 1)).toBe('published')
  })

  it('tells why it rebuilds when it was interrupted in it, too', async () => {
    const { id } = await submit(10)
    const broken = new Error('the store is away')
    let isAway = false
    const campaigns = {
      ...ledger(),
      readControl: async (of: CampaignId) => {
        if (isAway) throw broken
        return await ledger().readControl(of)
      },
    }
    begin({ campaigns })
    await expect.poll(jobs).toBe(10)
    isAway = true
    await restartServer()
    await expect.poll(() => now.faults).toContain(broken)
    await expect.poll(async () => (await index().readGeneration(appid)).generation).toBeNull()
    isAway = false
    await expect.poll(() => now.rebuilds).toEqual(['no_generation', 'new_server'])
    expect(new Set(now.faults.splice(0))).toEqual(new Set([broken]))
    await expect.poll(() => publish(id, 1)).toBe('published')
  })

  it('rebuilds when a row is missing from the stream', async () => {
    const { id } = await submit(10)
    begin({ clock: stillClock })
    await expect.poll(jobs).toBe(10)
    // The turn that has fed them looks whether the index is sound, which it isn't between these two steps.
    await nextTurn()
    await redis.hincrby(appKeys(now.namespace, appid).campaign(id), 'n', 1)
    await publish(id, 3)
    await expect.poll(() => now.rebuilds).toEqual(['no_generation', 'rows_out_of_order'])
    await expect.poll(async () => (await index().readCampaign(appid, id))?.counts.published).toBe(0)
  })

  it.each([
    ['all of a lane', '*'],
    ['the lists alone, which leaves the data of jobs that nobody will find', 'prioritized'],
  ])('sends again what was lost from the queue: %s', async (_, lost) => {
    const { id } = await submit(10)
    begin()
    await expect.poll(jobs).toBe(10)
    await redis.del(...(await redis.keys(`${appKeys(now.namespace, appid).queuePrefix}:unlimited:${lost}`)))
    await expect.poll(leaping(jobs)).toBe(10)
    await publishAll(id, 0, 10)
  })

  it('sets a campaign aside whose rows are gone, and goes on with the others', async () => {
    const broken = await submit(10)
    await now.stores.records.remove(`campaigns/${broken.id}/scenes/part-0.ndjson`)
    const sound = await submit(10)
    // As long as it is aside it is told of once.
    begin({ clock: stillClock })
    await expect.poll(jobs).toBe(10)
    await publishAll(sound.id, 0, 10)
    await expect.poll(() => ledger().readReport(sound.id)).toMatchObject({ state: 'completed' })
    expect(now.faults.splice(0)).toMatchObject([{ code: 'ledger_missing' }])
  })

  it('rebuilds when a key of a campaign was lost', async () => {
    const { id } = await submit(10)
    begin()
    await expect.poll(jobs).toBe(10)
    await publishAll(id, 0, 5)
    await redis.del(appKeys(now.namespace, appid).bits(id))
    await expect.poll(leaping(() => now.rebuilds)).toEqual(['no_generation', 'index_damaged'])
    await expect.poll(() => publish(id, 7)).toBe('published')
  })

  it('sends again what a leader had fed but not enqueued when it died', async () => {
    const { id } = await submit(10)
    const died = new Error('killed')
    const deaf = { ...queues(), enqueue: () => Promise.reject(died) }
    const first = begin({ queues: deaf })
    await expect.poll(async () => (await index().readCampaign(appid, id))?.cursor).toBe(10)
    await first.stop()
    expect(now.faults.splice(0)).toContain(died)
    begin()
    await expect.poll(jobs).toBe(10)
  })

  it('keeps its lease through a turn that takes longer than the lease', async () => {
    const { id } = await submit(10)
    let claims = 0
    const leases = createLeases(redis)
    const counted: typeof leases = {
      ...leases,
      claim: (...args) => {
        claims++
        return leases.claim(...args)
      },
    }
    let slow: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      slow = resolve
    })
    const campaigns = {
      ...ledger(),
      readOpenMark: (of: CampaignId) => gate.then(() => ledger().readOpenMark(of)),
    }
    begin({ campaigns, leases: counted })
    await expect.poll(() => claims).toBeGreaterThan(5)
    expect(now.rebuilds).toEqual([])
    slow()
    await expect.poll(async () => (await index().readCampaign(appid, id))?.cursor).toBe(10)
    expect(now.rebuilds).toEqual(['no_generation'])
  })

  it('keeps a command of the log that Redis never heard of', async () => {
    const { id } = await submit(10)
    await ledger().appendControl(id, 'pause', '2026-01-01T00:00:00Z')
    begin()
    await expect.poll(async () => (await index().readCampaign(appid, id))?.state).toBe('paused')
    expect(await jobs()).toBe(0)
    await ledger().appendControl(id, 'resume', '2026-01-01T00:00:01Z')
    await expect.poll(leaping(jobs)).toBe(10)
  })

  it('takes away the open mark of a campaign that was never finished writing', async () => {
    const old = newCampaignId(Date.now() - 2 * 86_400_000)
    const fresh = newCampaignId(Date.now())
    await ledger().markOpen(old, appid)
    await ledger().markOpen(fresh, appid)
    begin()
    await expect.poll(() => ledger().readOpenMark(old)).toBeNull()
    expect(await ledger().readOpenMark(fresh)).not.toBeNull()
  })

  it('forgets a campaign that an old snapshot holds open and the ledger has ended', async () => {
    const { id } = await submit(5)
    begin()
    await expect.poll(jobs).toBe(5)
    const keys = appKeys(now.namespace, appid)
    const snapshot = await redis.hgetall(keys.campaign(id))
    await publishAll(id, 0, 5)
    await expect.poll(() => ledger().readOpenMark(id)).toBeNull()
    await redis.del(keys.campaign(id))
    await redis.hset(keys.campaign(id), snapshot)
    await redis.zadd(keys.open, 0, id)
    await restartServer()
    await expect.poll(async () => await index().readCampaign(appid, id)).toBeNull()
    expect(await redis.zrange(keys.open, 0, '-1')).toEqual([])
  })

  it('ends a cancelled campaign with what had been published', async () => {
    const { id } = await submit(10)
    begin()
    await expect.poll(jobs).toBe(10)
    await publishAll(id, 0, 4)
    await ledger().appendControl(id, 'cancel', '2026-01-01T00:00:00Z')
    await expect
      .poll(leaping(() => ledger().readReport(id)))
      .toMatchObject({ state: 'cancelled', counts: { published: 4, cancelled: 6, pending: 0 } })
    expect(await publish(id, 5)).not.toBe('published')
  })

  it('is led by one of several, and another takes over without a row lost or doubled', async () => {
    const { id } = await submit(60)
    const first = begin()
    begin()
    await expect.poll(jobs).toBe(60)
    await publishAll(id, 0, 20)
    await first.stop()
    await publishAll(id, 20, 60)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 60 } })
    expect((await indexesOf(id)).length).toBe(60)
  })

  it('leaves nothing to be published anew when it is stopped', async () => {
    const { id } = await submit(20)
    const upkeep = begin()
    await expect.poll(jobs).toBe(20)
    await publishAll(id, 0, 12)
    await upkeep.stop()
    expect((await indexesOf(id)).length).toBe(12)
    await restartServer()
    begin()
    await expect.poll(() => now.rebuilds).toContain('new_server')
    expect((await index().readCampaign(appid, id))?.counts).toMatchObject({ published: 12, pending: 8 })
  })
})
