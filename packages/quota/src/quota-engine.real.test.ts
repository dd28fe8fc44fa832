import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { type App, type AppId, DEFAULT_QUOTAS, type WaitFault } from '@sunpress/core'
import { appKeys, connectRedis } from '@sunpress/redis'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { createQuotaEngine } from './quota-engine.js'
import { askOf } from './testing/ask-of.js'
import { createMemoryRecords } from './testing/memory-records.js'
import { realClock } from './testing/real-clock.js'
import { wholeDay } from './testing/whole-day.js'

const APP = 'wx0123456789abcdef' as AppId
const never = new AbortController().signal
setMaxListeners(0, never)

const namespace = `test-${randomUUID()}`
const records = createMemoryRecords()
let ends: (() => void)[] = []
beforeEach(wholeDay)
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

/** One process; WeChat tells a limit of 30 calls a day. */
function start() {
  const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'engine-test' })
  const engine = createQuotaEngine({
    ...{ redis, namespace, clock: realClock, records },
    find: () => ({ quotas: { ...DEFAULT_QUOTAS, perMinute: 60_000, share: 1 } }) as App,
    readQuota: async () => ({
      kind: 'quota',
      quota: { daily: { limit: 30, used: 0, remain: 30 }, rate: null },
    }),
  })
  ends.push(() => {
    engine.permits.close()
    redis.disconnect()
  })
  const call = async (scene: string) => {
    const ask = askOf(APP, 'unlimited', scene)
    const permit = await engine.permits.take(ask, never)
    await engine.permits.answered(ask, permit, 'passed')
  }
  /** Comes again as a job does, until the day is used up. */
  const callInTheEnd = async (scene: string) => {
    for (;;) {
      const code = await call(scene).then(
        () => 'called',
        (fault: WaitFault) => fault.code,
      )
      if (code === 'called' || code === 'held_day_quota') return code
      await realClock.sleep(20)
    }
  }
  return { engine, redis, call, callInTheEnd }
}

it('keeps to the day that WeChat told of from the first lease of a process on, whatever Redis has lost of it', async () => {
  const one = start()
  await one.engine.observed.turn(APP, never)
  let made = 0
  const callAll = async (calls: Promise<string>[]) => {
    const outcomes = await Promise.all(calls)
    made += outcomes.filter((code) => code === 'called').length
  }
  for (let n = 0; n < 20; n++) await callAll([one.callInTheEnd(`s=${n}`)])
  const before = made
  await one.redis.del(appKeys(namespace, APP).observedQuota)
  const two = start()
  await callAll(Array.from({ length: 25 }, (_, n) => two.callInTheEnd(`s=${20 + n}`)))
  // What is in hand when the day ends is given back, too late for those who were refused.
  expect(made).toBeGreaterThan(before)
  expect(made).toBeLessThanOrEqual(30)
})

it('makes no call in a process that never could ask what WeChat told', async () => {
  const one = start()
  one.redis.disconnect()
  await expect(one.call('s=1')).rejects.toMatchObject({ kind: 'wait', code: 'redis_unavailable' })
})
