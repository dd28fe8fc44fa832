import { randomUUID } from 'node:crypto'
import { connectRedis, scheduleKeys } from '@sunpress/redis'
import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createScheduleTimers, type ScheduleTimers } from './schedule-timers.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'timers-test' })
const blocking = connectRedis({ url: inject('redisUrl'), purpose: 'blocking', name: 'timers-test' })
let namespace = ''
let rung: string[] = []
const open: { close(): Promise<void> }[] = []

beforeEach(() => {
  namespace = `t-${randomUUID()}`
  rung = []
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(() => {
  redis.disconnect()
  blocking.disconnect()
})

function begin(): ScheduleTimers {
  const timers = createScheduleTimers({
    ...{ redis, blocking, namespace },
    onRing: (name) => rung.push(name),
    onError: () => {},
  })
  open.push(timers)
  return timers
}

function queue(): Queue {
  const made = new Queue('nights', { connection: redis, prefix: scheduleKeys(namespace).queuePrefix })
  open.push(made)
  return made
}

const set = async () => {
  const all = await queue().getJobSchedulers()
  return all.map(({ key, pattern, tz, next }) => ({ key, pattern, tz, next }))
}
const NIGHT = { name: 'stores', cron: '30 2 * * *', timeZone: 'Asia/Shanghai' }
/** With a field for seconds: for tests alone, no schedule has one. */
const SOON = { name: 'soon', cron: '* * * * * *', timeZone: 'UTC' }

describe('the alarms of schedules', () => {
  it('ring at their time', async () => {
    // The 29th of February: this test may run at half past two.
    await begin().set([SOON, { ...NIGHT, cron: '30 2 29 2 *' }])
    await expect.poll(() => rung).toContain('soon')
    expect(rung).not.toContain('stores')
  })

  it('are one a schedule, whoever sets them and however often', async () => {
    const all = [begin(), begin(), begin()]
    await Promise.all(all.map((one) => one.set([NIGHT])))
    await all[0]?.set([NIGHT])
    const [only, ...more] = await set()
    expect(more).toEqual([])
    expect(only).toMatchObject({ key: 'stores', pattern: '30 2 * * *', tz: 'Asia/Shanghai' })
    expect(new Date(only?.next ?? 0).toISOString()).toMatch(/T18:30:00/)
    expect(await queue().getDelayedCount()).toBe(1)
  })

  it('move with their schedule, and go with it', async () => {
    const timers = begin()
    await timers.set([NIGHT, { ...NIGHT, name: 'other' }])
    await timers.set([{ ...NIGHT, cron: '0 4 * * *' }])
    expect(await set()).toMatchObject([{ key: 'stores', pattern: '0 4 * * *' }])
    await timers.set([])
    expect(await set()).toEqual([])
    expect(await queue().getDelayedCount()).toBe(0)
  })

  it('are set again when Redis has lost them', async () => {
    const timers = begin()
    await timers.set([NIGHT])
    for (const key of await redis.keys(`${namespace}:*`)) await redis.del(key)
    await timers.set([NIGHT])
    expect(await set()).toMatchObject([{ key: 'stores' }])
  })
})
