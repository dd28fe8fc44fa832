import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HaltFault, HoldFault, RefuseFault, RenewFault, RetryFault, WaitFault } from './fault.js'
import { backoffMs, judge, MAX_ATTEMPTS, type Standing } from './judge.js'

const fresh: Standing = { attempts: 0, renewals: 0, lastRound: true, random: 0 }
const words = { errcode: 40001, errmsg: 'invalid credential', rid: '61725984-6126f6f9-040f19c4' }

describe('judge', () => {
  it('puts back what only has to wait, whatever it has spent', () => {
    const fault = new WaitFault('redis_down', 'no Redis', 1_500)
    expect(judge(fault, { ...fresh, attempts: 99 })).toEqual({
      next: 'put_back',
      afterMs: 1_500,
      code: 'redis_down',
    })
  })

  it('renews a stale token once in an attempt; a fresh one that is stale as well holds the app', () => {
    const fault = new RenewFault('token_stale', 'stale', words)
    expect(judge(fault, fresh)).toEqual({ next: 'renew', code: 'token_stale' })
    expect(judge(fault, { ...fresh, attempts: MAX_ATTEMPTS, renewals: 1 })).toEqual({
      next: 'hold',
      scope: 'app',
      reason: 'token',
      forMs: 10_000,
      message: 'stale',
      code: 'token_stale',
    })
  })

  it('drops the job of a scene that waits for something of its own', () => {
    const fault = new WaitFault('page_held', 'the page is held', 60_000, { dropsJob: true })
    expect(judge(fault, { ...fresh, attempts: 99 })).toEqual({ next: 'drop', code: 'page_held' })
  })

  it('parks a scene whose attempts are spent, unless it has been parked before', () => {
    const fault = new RetryFault('upstream_empty', 'nothing')
    const spent = { ...fresh, attempts: MAX_ATTEMPTS - 1 }
    expect(judge(fault, { ...spent, lastRound: false })).toEqual({ next: 'park', code: 'upstream_empty' })
    expect(judge(fault, { ...spent, lastRound: true }).next).toBe('refuse')
  })

  it('tries less often where a fault says so', () => {
    const fault = new RetryFault('upstream_99999', 'unknown', null, { attempts: 3 })
    expect(judge(fault, { ...fresh, attempts: 1 }).next).toBe('retry')
    expect(judge(fault, { ...fresh, attempts: 2 }).next).toBe('refuse')
  })

  it('retries with back-off until the last attempt, and refuses then with the words of WeChat', () => {
    const fault = new RetryFault('upstream_busy', 'busy', { ...words, errcode: -1 })
    expect(judge(fault, { ...fresh, attempts: 2 })).toEqual({
      next: 'retry',
      afterMs: 2_000,
      code: 'upstream_busy',
    })
    expect(judge(fault, { ...fresh, attempts: MAX_ATTEMPTS - 2 }).next).toBe('retry')
    expect(judge(fault, { ...fresh, attempts: MAX_ATTEMPTS - 1 })).toEqual({
      next: 'refuse',
      reason: 'upstream_busy',
      errcode: -1,
      rid: words.rid,
    })
  })

  it('gives a scene six attempts', () => {
    expect(MAX_ATTEMPTS).toBe(6)
  })

  it('refuses at once what can never work', () => {
    const fault = new RefuseFault('invalid_page', 'no such page', { ...words, errcode: 41030 })
    expect(judge(fault, fresh)).toEqual({
      next: 'refuse',
      reason: 'invalid_page',
      errcode: 41030,
      rid: words.rid,
    })
    expect(judge(new RefuseFault('worker_lost', 'died'), fresh)).toMatchObject({ errcode: null, rid: null })
  })

  it('holds an app or a lane for the time and reason of the fault', () => {
    const hold = { scope: 'lane', reason: 'minute_quota', forMs: 61_000 } as const
    const verdict = judge(new HoldFault('minute', 'too fast', hold), { ...fresh, attempts: 99 })
    expect(verdict).toEqual({ next: 'hold', ...hold, code: 'minute', message: 'too fast' })
  })

  it('halts on a halt', () => {
    expect(judge(new HaltFault('config', 'no store'), fresh)).toEqual({ next: 'halt', code: 'config' })
  })

  it.each([new Error('bug'), 'text', null, undefined, { kind: 'wait', afterMs: 1 }])(
    'retries what is no fault: %s',
    (thrown) => {
      expect(judge(thrown, fresh)).toEqual({ next: 'retry', afterMs: 500, code: 'unexpected' })
      expect(judge(thrown, { ...fresh, attempts: MAX_ATTEMPTS - 1 }).next).toBe('refuse')
    },
  )
})

describe('backoffMs', () => {
  it('doubles from 1 s to 60 s, half of it by chance', () => {
    const least = [0, 1, 2, 3, 4, 5, 6, 7].map((attempts) => backoffMs(attempts, 0))
    expect(least).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    expect(backoffMs(3, 0.5)).toBe(6_000)
  })

  it('is a whole number of ms within its bounds for any attempt and chance', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), random, (attempts, chance) => {
        const ms = backoffMs(attempts, chance)
        expect(Number.isInteger(ms) && ms >= 500 && ms <= 60_000).toBe(true)
      }),
    )
  })
})
