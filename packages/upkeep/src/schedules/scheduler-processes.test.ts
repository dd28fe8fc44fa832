/** Schedulers of several processes on one schedule: runs begun by another, marks it left, leases taken and lost. */
import { newCampaignId, RetryFault, runKeyOf } from '@sunpress/core'
import { createScheduleLedger } from '@sunpress/ledger'
import { scheduleKeys } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import {
  answerWith,
  CREATED,
  campaigns,
  ended,
  faults,
  goOn,
  held,
  history,
  later,
  ledger,
  made,
  marks,
  NAME,
  nowMs,
  records,
  SCHEDULE,
  scheduler,
  waiting,
  wakeBeats,
} from '../testing/use-scheduler.js'
import { newRun } from './work-on-schedule.js'

describe('a scheduler', () => {
  it('goes on with a run that another process has begun', async () => {
    const run = newRun(SCHEDULE, { date: '2026-11-20' as never, atMs: nowMs - 5_000 }, nowMs, 'running')
    await ledger.claimRun(run)
    later(30)
    await scheduler().look()
    expect(made.map(({ campaign }) => campaign)).toEqual([run.campaign])
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
  })

  it('finds the campaign of a run whose process died behind it, past the deadline too', async () => {
    const run = newRun(SCHEDULE, { date: '2026-11-20' as never, atMs: nowMs - 5_000 }, nowMs, 'running')
    await ledger.claimRun(run)
    campaigns.add(run.campaign)
    later(10 * 60)
    await scheduler().look()
    expect(made).toEqual([])
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
  })

  it('clears the marks of runs that never began, or that have ended', async () => {
    const run = newRun(SCHEDULE, { date: '2026-11-20' as never, atMs: nowMs - 5_000 }, nowMs, 'running')
    await ledger.claimRun(run)
    await ledger.writeRun({ ...run, outcome: 'nothing_new' })
    await scheduler().look()
    expect(await marks()).toEqual([])
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 nothing_new'])
    expect(ended).toEqual([])
  })

  it('leaves the mark of a run that is just being written, and clears one that never was', async () => {
    const run = newRun(
      SCHEDULE,
      { date: '2026-11-20' as never, atMs: nowMs },
      nowMs,
      'running',
      newCampaignId(nowMs),
    )
    await createScheduleLedger({ ...records, putIfAbsent: () => Promise.reject(new Error('killed')) })
      .claimRun(run)
      .catch(() => {})
    await scheduler().look()
    expect(await marks()).toEqual([runKeyOf(run)])
    later(61)
    await scheduler().look()
    expect(await marks()).toEqual([])
  })

  it('leaves a schedule alone that another process works on', async () => {
    answerWith(waiting)
    const first = scheduler({ holder: 'first' }).look()
    await expect.poll(() => made.length).toBe(1)
    await scheduler({ holder: 'second' }).look()
    goOn(CREATED)
    await first
    expect(made.length).toBe(1)
    expect(held.size).toBe(0)
  })

  it('takes over from a process that died, as soon as its lease has run out', async () => {
    await ledger.claimRun(newRun(SCHEDULE, { date: '2026-11-20' as never, atMs: nowMs }, nowMs, 'running'))
    const lease = scheduleKeys('test').lease(NAME)
    held.set(lease, 'dead')
    await scheduler().look()
    expect(made).toEqual([])
    held.delete(lease)
    for (const wake of wakeBeats.splice(0)) wake()
    await expect.poll(() => ended).toMatchObject([{ outcome: 'created' }])
  })

  it('stops a run whose lease is another’s, and writes nothing of it', async () => {
    answerWith(
      (_run, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const looked = scheduler().look()
    await expect.poll(() => made.length).toBe(1)
    const [lease = ''] = held.keys()
    held.set(lease, 'another')
    for (const wake of wakeBeats) wake()
    await looked
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 running'])
    expect(held.get(lease)).toBe('another')
  })

  it('writes nothing over the end that another process has written', async () => {
    answerWith(async (run) => {
      await ledger.writeRun({ ...run, outcome: 'created', total: 7 })
      throw new RetryFault('source_cut_off', 'too late')
    })
    await scheduler().look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
  })

  it('breaks its runs off when it stops, and whoever starts next goes on with them', async () => {
    answerWith(
      (_run, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const first = scheduler()
    first.start()
    await expect.poll(() => made.length).toBe(1)
    await first.stop()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 running'])
    answerWith(() => CREATED)
    await scheduler().look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect(faults).toEqual([])
  })
})
