/** The order of the steps, the scenes that are dropped on the way, and what a worker that drains or dies leaves to do. */
import { describe, expect, it } from 'vitest'
import { WaitFault } from './fault.js'
import { MAX_WORKERS_LOST } from './generate-code.js'
import { MAX_ATTEMPTS } from './judge.js'
import type { Road } from './road.js'
import { job, picture, SHA256, script, travel } from './testing/use-road.js'

describe('generateCode', () => {
  it('walks the road in order and publishes last', async () => {
    script.answers.push(picture)
    expect(await travel()).toEqual({ next: 'remove' })
    expect(script.steps).toEqual(['token', 'permit', 'call', 'put', 'publish abab'])
    expect(script.events[0]).toMatchObject({
      type: 'code.published',
      id: `${job.campaign}.7`,
      ref: 'SHOP-7',
      sha256: SHA256,
      reused: false,
      bytes: picture.length,
    })
  })

  it.each(['done', 'paused', 'closed', 'cancelled', 'rebuild', 'unknown'] as const)(
    'drops a scene that is %s without a call',
    async (standing) => {
      script.standing = standing
      expect(await travel({ again: true })).toEqual({ next: 'remove' })
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
      expect(await travel({}, { workersLost: 1 })).toEqual({ next: 'remove' })
      expect(script.steps).toEqual([])
    },
  )

  it.each(['paused', 'closed', 'cancelled', 'rebuild', 'unknown'] as const)(
    'drops a first-time scene of a campaign that is %s without a call',
    async (standing) => {
      script.later = standing
      expect(await travel()).toEqual({ next: 'remove' })
      expect(script.steps).toEqual([])
    },
  )

  it('makes no call for a campaign that was paused while the scene waited for its permit', async () => {
    script.later = 'paused'
    expect(await travel({ again: true })).toEqual({ next: 'remove' })
    expect(script.steps).toEqual(['token', 'permit'])
  })

  it('takes another permit when the first ran out before the call was written', async () => {
    script.answers.push(new WaitFault('permit_expired', 'late', 0), picture)
    await travel()
    expect(script.steps.filter((step) => step === 'permit')).toHaveLength(2)
  })

  it('drops the job of a scene whose page or campaign is held, without an attempt', async () => {
    script.road.permits.take = async () => {
      throw new WaitFault('held_page_held', 'held', 60_000, { dropsJob: true })
    }
    expect(await travel({}, { spent: MAX_ATTEMPTS - 1 })).toEqual({ next: 'remove' })
    expect(script.events).toEqual([])
  })

  it('tells of a permit that went unused, and takes another', async () => {
    script.answers.push(new WaitFault('permit_expired', 'late', 0), picture)
    await travel()
    expect(script.outcomes).toEqual(['unused', 'passed'])
  })

  it('refuses a scene whose workers died too often, without a call', async () => {
    await travel({}, { workersLost: MAX_WORKERS_LOST })
    expect(script.steps).toEqual(['refuse worker_lost'])
  })

  it('puts a job back without an attempt when this process drains before the call', async () => {
    const draining = new AbortController()
    draining.abort()
    script.road.permits.take = async () => {
      throw draining.signal.reason
    }
    expect(await travel({}, { draining: draining.signal })).toEqual({ next: 'put_back', afterMs: 0 })
  })

  it('begins no call when it is told to drain after it took its permit', async () => {
    const draining = new AbortController()
    const permits: Road['permits'] = {
      ...script.road.permits,
      take: async () => {
        draining.abort()
        return { dueMs: 0, notAfterMs: 1 }
      },
    }
    expect(await travel({}, { draining: draining.signal }, { permits })).toEqual({
      next: 'put_back',
      afterMs: 0,
    })
    expect(script.steps).toEqual(['token'])
  })

  it('drops the job when the index was rebuilt while the picture was fetched', async () => {
    script.answers.push(picture)
    script.published = 'rebuild'
    expect(await travel()).toEqual({ next: 'remove' })
  })
})
