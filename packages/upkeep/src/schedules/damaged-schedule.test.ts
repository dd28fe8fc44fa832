/** Files of schedules and runs that can't be read, beside others that can. */
import { describe, expect, it } from 'vitest'
import {
  faults,
  history,
  ledger,
  made,
  NAME,
  nowMs,
  records,
  SCHEDULE,
  scheduler,
} from '../testing/use-scheduler.js'
import { newRun } from './work-on-schedule.js'

describe('a schedule whose file is damaged', () => {
  it.each([
    ['cut short', '{"v":1,"na'],
    ['null', 'null'],
    ['without its fields', '{"v":1,"name":"broken"}'],
    ['of another name', '{"v":1}'],
  ])('(%s) keeps no other from its night, nor from its alarm', async (_how, text) => {
    await records.put('schedules/broken.json', Buffer.from(text))
    const set: string[][] = []
    const timers = {
      set: async (all: readonly { readonly name: string }[]) => void set.push(all.map(({ name }) => name)),
    }
    await scheduler({ timers }).look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect([set, faults.length]).toEqual([[[NAME]], 1])
  })

  it('loses no other run of its own to a run whose file is damaged', async () => {
    await ledger.claimRun(
      newRun(SCHEDULE, { date: '2026-11-18' as never, atMs: nowMs - 172_805_000 }, nowMs, 'running'),
    )
    await records.put(`schedules/${NAME}/runs/2026-11-18.json`, Buffer.from('{"v":1,'))
    await scheduler().look()
    expect(made.map(({ date }) => date)).toEqual(['2026-11-20'])
    expect(await ledger.readRun({ schedule: NAME, key: '2026-11-20' })).toMatchObject({ outcome: 'created' })
    expect(faults.length).toBe(1)
  })
})
