/** Nights at their time: made once, tried again, made up for, asked for, and with their alarms set. */
import { newCampaignId, RefuseFault, runKeyOf } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import {
  answerWith,
  CREATED,
  ended,
  faults,
  goOn,
  history,
  later,
  ledger,
  made,
  marks,
  NAME,
  nowMs,
  passMs,
  SCHEDULE,
  scheduler,
  setNow,
  unreachable,
  waiting,
} from '../testing/use-scheduler.js'
import { newRun } from './work-on-schedule.js'

describe('a scheduler', () => {
  it('makes a night once, however often it looks', async () => {
    const one = scheduler()
    await one.look()
    await one.look()
    await one.look(NAME)
    later(60)
    await one.look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect(made.length).toBe(1)
    expect(ended).toMatchObject([
      { date: '2026-11-20', outcome: 'created', total: 2, endedAt: expect.anything() },
    ])
    expect(await marks()).toEqual([])
    expect(faults).toEqual([])
  })

  it('makes the next night on the next day, under another id', async () => {
    const one = scheduler()
    await one.look()
    later(24 * 60)
    await one.look()
    expect(made.map(({ date }) => date)).toEqual(['2026-11-20', '2026-11-21'])
    expect(made[0]?.campaign).not.toBe(made[1]?.campaign)
  })

  it('makes nothing before its time, nor for a schedule that is paused', async () => {
    setNow('2026-11-20T01:59:59Z')
    await scheduler().look()
    setNow('2026-11-20T02:01:00Z')
    await ledger.write({ ...SCHEDULE, paused: true, updatedAt: '2' })
    await scheduler().look(NAME)
    expect(made).toEqual([])
  })

  it('tries a source that fails again, later each time, until it gives its rows', async () => {
    const one = scheduler()
    answerWith(unreachable, unreachable, () => CREATED)
    await one.look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 running source_unreachable'])
    passMs(29_000)
    await one.look()
    expect(made.length).toBe(1)
    passMs(1_000)
    await one.look()
    expect(made.length).toBe(2)
    passMs(59_000)
    await one.look()
    expect(made.length).toBe(2)
    passMs(1_000)
    await one.look()
    expect(made.length).toBe(3)
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect(new Set(made.map(({ campaign }) => campaign)).size).toBe(1)
  })

  it('lets a night fail at its deadline, with the last reason', async () => {
    answerWith(unreachable)
    const one = scheduler()
    for (let minute = 0; minute < 245; minute++) {
      await one.look()
      later(1)
    }
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 failed source_unreachable'])
    expect(ended).toMatchObject([{ outcome: 'failed', reason: 'source_unreachable' }])
    expect(made.length).toBeGreaterThan(10)
    expect(made.length).toBeLessThan(30)
    expect(await marks()).toEqual([])
  })

  it('tries no second time what can’t be', async () => {
    answerWith(() => {
      throw new RefuseFault('source_address', 'a private address')
    })
    await scheduler().look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 failed source_address'])
  })

  it('makes up for the newest of the nights that were missed', async () => {
    setNow('2026-11-23T04:00:00Z')
    await scheduler().look()
    expect(await history()).toEqual([
      ...[
        '2026-11-19 skipped',
        '2026-11-20 skipped',
        '2026-11-21 skipped',
        '2026-11-22 skipped',
        '2026-11-23 created',
      ],
    ])
    expect(ended.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped', 'skipped', 'created'])
  })

  it('makes up for none of them by choice, and tells of a deadline that was over', async () => {
    setNow('2026-11-21T04:00:00Z')
    await ledger.write({ ...SCHEDULE, missed: 'skip' })
    await scheduler().look()
    setNow('2026-11-22T06:00:00Z')
    await scheduler().look()
    expect(await history()).toEqual([
      ...['2026-11-19 skipped', '2026-11-20 skipped', '2026-11-21 skipped', '2026-11-22 deadline'],
    ])
    expect(made).toEqual([])
  })

  it('makes a run that somebody asked for beside the night, of a paused schedule too', async () => {
    await ledger.write({ ...SCHEDULE, paused: true })
    const night = { date: '2026-11-20' as never, atMs: nowMs }
    const run = newRun(SCHEDULE, night, nowMs, 'running', newCampaignId(nowMs))
    await ledger.claimRun(run)
    await scheduler().look(NAME)
    await ledger.write({ ...SCHEDULE, updatedAt: '3' })
    await scheduler().look()
    expect(made.map(({ manual }) => manual)).toEqual([true, false])
    expect(await ledger.listRuns(NAME)).toEqual(['2026-11-19', runKeyOf(run), '2026-11-20'].sort())
  })

  it('sets alarms for the schedules that aren’t paused, and goes on without them', async () => {
    await ledger.write({ ...SCHEDULE, name: 'paused', paused: true })
    const set: string[][] = []
    const timers = {
      set: async (all: readonly { readonly name: string }[]) => {
        set.push(all.map(({ name }) => name))
        throw new Error('Redis is away')
      },
    }
    await scheduler({ timers }).look()
    expect(set).toEqual([[NAME]])
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect(faults.length).toBe(1)
  })

  it('looks again at once when it was asked while it worked', async () => {
    answerWith(waiting, () => CREATED)
    const one = scheduler()
    const first = one.look()
    await expect.poll(() => made.length).toBe(1)
    const asked = newRun(
      SCHEDULE,
      { date: '2026-11-20' as never, atMs: nowMs },
      nowMs,
      'running',
      newCampaignId(nowMs),
    )
    await ledger.claimRun(asked)
    const second = one.look(NAME)
    goOn(CREATED)
    await Promise.all([first, second])
    expect(made.map(({ manual }) => manual)).toEqual([false, true])
  })
})
