/** What a fault of a call leads to: another call, an attempt, a refusal, a hold, or a wait that costs nothing. */
import { describe, expect, it } from 'vitest'
import { HoldFault, RefuseFault, RenewFault, RetryFault, WaitFault } from './fault.js'
import { MAX_ATTEMPTS } from './judge.js'
import { closed, picture, script, travel, words } from './testing/use-road.js'

describe('generateCode', () => {
  it('spends no attempt when Redis cannot take a refusal', async () => {
    script.answers.push(new RefuseFault('invalid_page', 'no', words(41030)))
    script.road.feed.refuse = async () => {
      throw new WaitFault('redis_unavailable', 'away', 1_000)
    }
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 1_000 })
  })

  it('drops a stale token and asks once more, with a permit of its own and at no cost', async () => {
    script.answers.push(new RenewFault('upstream_40001', 'stale', words(40001)), picture)
    expect(await travel()).toEqual({ next: 'remove' })
    expect(script.steps).toEqual([
      'token',
      'permit',
      'call',
      'drop token',
      'token',
      'permit',
      'call',
      'put',
      'publish abab',
    ])
  })

  it('holds the app, at no attempt, when the renewed token is stale as well', async () => {
    const stale = new RenewFault('upstream_40001', 'stale', words(40001))
    script.answers.push(stale, stale)
    expect(await travel()).toMatchObject({ next: 'put_back' })
    expect(script.holds).toMatchObject([{ scope: 'app', reason: 'token' }])
  })

  describe('a fault that may pass', () => {
    const fault = new RetryFault('upstream_-1', 'system error', words(-1))
    const spent = { spent: MAX_ATTEMPTS - 1 }

    it('costs an attempt', async () => {
      script.answers.push(fault)
      expect(await travel()).toEqual({ next: 'retry', afterMs: 500, code: 'upstream_-1' })
    })

    it('parks its scene when the attempts are used up, and refuses nothing', async () => {
      script.answers.push(fault)
      expect(await travel({}, spent)).toEqual({ next: 'remove' })
      expect(script.steps.at(-1)).toBe('park')
      expect(script.events).toEqual([])
    })

    it('refuses it with the errcode when they are used up in its last round', async () => {
      script.answers.push(fault)
      expect(await travel({ lastRound: true }, spent)).toEqual({ next: 'remove' })
      expect(script.events[0]).toMatchObject({ type: 'code.refused', errcode: -1, attempts: MAX_ATTEMPTS })
    })
  })

  describe('beyond the retry budget', () => {
    it('makes no call again, waits without an attempt, and lets the rest of its lane go on', async () => {
      script.road.retries.ask = () => 'wait'
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'put_back', afterMs: 5_000, alone: true })
      expect(script.steps).toEqual([])
    })

    it('parks the scene while others pass, but not in its last round', async () => {
      script.road.retries.ask = () => 'park'
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
      expect(script.steps).toEqual(['park'])
      expect(await travel({ lastRound: true }, { spent: 1 })).toMatchObject({ next: 'put_back', alone: true })
    })

    it('asks for repeats alone, and not for a picture that is there', async () => {
      script.road.retries.ask = () => 'wait'
      script.answers.push(picture)
      expect(await travel()).toEqual({ next: 'remove' })
      script.stored = closed()
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
    })

    it('is told what passed and what did not', async () => {
      const told: string[] = []
      script.road.retries.succeeded = () => void told.push('succeeded')
      script.road.retries.failed = () => void told.push('failed')
      script.answers.push(picture, new RetryFault('upstream_empty', 'nothing'), new RefuseFault('no', 'no'))
      for (let i = 0; i < 3; i++) await travel()
      expect(told).toEqual(['succeeded', 'failed'])
    })
  })

  it.each(['page', 'campaign'] as const)('holds a %s and drops the job: the lane goes on', async (scope) => {
    const hold = { scope, reason: 'page_held', forMs: 600_000 } as const
    script.answers.push(new HoldFault('page_held', '41030 for ten scenes', hold))
    expect(await travel()).toEqual({ next: 'remove' })
    expect([script.holds, script.events]).toEqual([[hold], []])
  })

  it('refuses what WeChat will never take, with its reason, errcode and rid', async () => {
    script.answers.push(new RefuseFault('invalid_page', 'no such page', words(41030)))
    expect(await travel()).toEqual({ next: 'remove' })
    expect(script.events[0]).toMatchObject({ reason: 'invalid_page', errcode: 41030, rid: '1-2-3' })
  })

  it.each([
    ['passed', [picture]],
    ['upstream_-1', [new RetryFault('upstream_-1', 'busy')]],
    ['unknown', [new Error('aborted')]],
  ])('tells whoever gave the permit what became of it: %s', async (outcome, answers) => {
    script.answers.push(...answers)
    await travel()
    expect(script.outcomes).toEqual([outcome])
  })

  it('judges the fault that the permits know better', async () => {
    const hold = { scope: 'lane', reason: 'day_quota', forMs: 3_600_000 } as const
    script.answers.push(new HoldFault('upstream_45009', 'slower', { ...hold, reason: 'minute_quota' }))
    script.road.permits.answered = async () => new HoldFault('upstream_45009', 'no more today', hold)
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 3_600_000 })
    expect(script.holds).toEqual([hold])
  })

  it('holds the lane and puts the job back without an attempt', async () => {
    const hold = { scope: 'lane', reason: 'minute_quota', forMs: 9_000 } as const
    script.answers.push(new HoldFault('upstream_45009', 'slower', hold))
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 9_000 })
    expect(script.holds).toMatchObject([hold])
  })

  it('puts the job back when Redis cannot take the hold', async () => {
    const hold = { scope: 'lane', reason: 'minute_quota', forMs: 9_000 } as const
    script.answers.push(new HoldFault('upstream_45009', 'slower', hold))
    script.road.permits.hold = async () => {
      throw new WaitFault('redis_unavailable', 'away', 1_000)
    }
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 9_000 })
  })
})
