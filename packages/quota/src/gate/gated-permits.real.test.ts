import { randomUUID } from 'node:crypto'
import {
  type AppId,
  type CampaignId,
  DEFAULT_LOOK,
  HoldFault,
  type PermitAsk,
  RefuseFault,
} from '@sunpress/core'
import { connectRedis } from '@sunpress/redis'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createLifetime } from '../lifetime/lifetime.js'
import { createPermits, type QuotaPermits } from '../permits.js'
import { createMemoryRecords } from '../testing/memory-records.js'
import { realClock } from '../testing/real-clock.js'
import { createCallGate } from './create-call-gate.js'

const APP = 'wx0123456789abcdef' as AppId
const PAGE = { page: 'pages/shop', envVersion: 'release' } as const
const never = new AbortController().signal
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const ask = (scene: string): PermitAsk => ({
  app: APP,
  lane: 'unlimited',
  campaign: '01JABCDEFGHJKMNPQRSTVWXYZ0' as CampaignId,
  call: { app: APP, endpoint: 'getwxacodeunlimit', scene, look: { ...DEFAULT_LOOK, page: PAGE.page } },
})

function start(): QuotaPermits {
  const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'gated-test' })
  const terms = { redis, namespace: `test-${randomUUID()}`, clock: realClock, records: createMemoryRecords() }
  const lifetime = createLifetime({ ...terms, limitOf: () => ({ codes: 100_000, share: 1 }) })
  const gate = createCallGate({ ...terms, counted: lifetime.counted })
  // Nothing here is about slots that a paused machine lets go by.
  const permits = createPermits({ ...terms, gate, limitOf: () => 3_000, lateMs: 10_000 })
  ends.push(() => {
    permits.close()
    redis.disconnect()
  })
  return permits
}

describe('permits behind the gate', () => {
  it('are given once the page is known, and not while it is held', async () => {
    const permits = start()
    const words = { errcode: 41030, errmsg: 'invalid page', rid: null }
    const fault = await permits.answered(
      ask('s=1'),
      await permits.take(ask('s=1'), never),
      new RefuseFault('x', 'x', words),
    )
    if (!(fault instanceof HoldFault)) throw new Error('no hold')
    const target = { scope: 'page', app: APP, page: PAGE } as const
    await permits.hold(target, fault)
    await expect(permits.take(ask('s=1'), never)).rejects.toMatchObject({
      code: 'held_page_held',
      dropsJob: true,
    })
    expect(await permits.readHolds(APP)).toMatchObject([{ target, reason: 'page_held' }])
    await permits.lift(target)
    expect(await permits.answered(ask('s=1'), await permits.take(ask('s=1'), never), 'passed')).toBeNull()
    await Promise.all(['s=2', 's=3'].map((scene) => permits.take(ask(scene), never)))
  })

  it('free the probe of a call that got no slot', async () => {
    const permits = start()
    await permits.hold(
      { scope: 'lane', app: APP, lane: 'unlimited' },
      { reason: 'minute_quota', forMs: 90_000, message: null },
    )
    await expect(permits.take(ask('s=1'), never)).rejects.toMatchObject({ kind: 'wait' })
    await permits.lift({ scope: 'lane', app: APP, lane: 'unlimited' })
    await expect
      .poll(() =>
        permits.take(ask('s=2'), never).then(
          () => 'given',
          (fault) => fault.code,
        ),
      )
      .toBe('given')
  })
})
