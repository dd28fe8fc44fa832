/** Sources that keep a night waiting for ever: what goes on beside them, and what breaks them off. */
import { newCampaignId, type RunRecord } from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  answerWith,
  CREATED,
  ended,
  faults,
  goOn,
  history,
  ledger,
  made,
  NAME,
  nowMs,
  SCHEDULE,
  scheduler,
  waiting,
} from '../testing/use-scheduler.js'
import type { Fetching, MadeNight } from './parts.js'
import { newRun } from './work-on-schedule.js'

describe('a source that never ends', () => {
  let broken: string[]
  const endless = (run: RunRecord, _signal: AbortSignal, fetching: Fetching): Promise<MadeNight> =>
    fetching(
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            broken.push(run.schedule)
            reject(signal.reason)
          }),
        ),
    )
  beforeEach(() => {
    broken = []
  })

  it('keeps no other schedule from its night, however many there are', async () => {
    await ledger.remove(NAME)
    for (let n = 1; n <= 5; n++) await ledger.write({ ...SCHEDULE, name: `pit${n}` })
    answerWith(endless)
    const one = scheduler()
    void one.look()
    await expect.poll(() => made.length).toBe(5)
    answerWith(() => CREATED)
    await ledger.write(SCHEDULE)
    await one.look(NAME)
    expect(ended.filter(({ schedule }) => schedule === NAME)).toMatchObject([{ outcome: 'created' }])
    await one.stop()
    expect(broken.length).toBe(5)
  })

  it('waits its turn behind others like it, which are bounded', async () => {
    await ledger.remove(NAME)
    for (let n = 1; n <= 18; n++) await ledger.write({ ...SCHEDULE, name: `pit${n}` })
    let fetched = 0
    answerWith((run, signal, fetching) =>
      fetching((during) => {
        fetched++
        return endless(run, signal, (work) => work(during))
      }),
    )
    const one = scheduler()
    void one.look()
    await expect.poll(() => made.length).toBe(18)
    expect(fetched).toBe(16)
    await one.stop()
  })

  it('is broken off when its schedule is removed, by whatever process', async () => {
    answerWith(endless, () => ({
      outcome: 'failed',
      reason: 'schedule_removed',
      detail: 'The schedule was removed.',
    }))
    const one = scheduler()
    const looked = one.look()
    await expect.poll(() => made.length).toBe(1)
    await ledger.remove(NAME)
    void one.look()
    await looked
    expect(broken).toEqual([NAME])
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 failed schedule_removed'])
    expect(faults).toEqual([])
  })

  it('is broken off by a pause, which is no failure of it, and fetched again behind that', async () => {
    answerWith(endless, () => CREATED)
    const one = scheduler()
    const looked = one.look()
    await expect.poll(() => made.length).toBe(1)
    await ledger.write({ ...SCHEDULE, paused: true, updatedAt: '2' })
    void one.look()
    await looked
    expect(broken).toEqual([NAME])
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 running'])
    await ledger.write({ ...SCHEDULE, updatedAt: '3' })
    await one.look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect(made[1]?.failures).toBe(0)
  })

  it('goes on through a pause when somebody asked for its run', async () => {
    await ledger.write({ ...SCHEDULE, paused: true })
    const night = { date: '2026-11-20' as never, atMs: nowMs }
    await ledger.claimRun(newRun(SCHEDULE, night, nowMs, 'running', newCampaignId(nowMs)))
    answerWith((_run, _signal, fetching) => fetching(() => waiting()))
    const one = scheduler()
    const looked = one.look()
    await expect.poll(() => made.length).toBe(1)
    const again = one.look()
    goOn(CREATED)
    await Promise.all([looked, again])
    expect(ended).toMatchObject([{ manual: true, outcome: 'created' }])
  })
})
