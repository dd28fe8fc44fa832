import {
  type AppId,
  DEFAULT_LOOK,
  newCampaignId,
  type Records,
  RefuseFault,
  RetryFault,
  type RunRecord,
  runKeyOf,
  type ScheduleRecord,
} from '@sunpress/core'
import { createScheduleLedger, type ScheduleLedger } from '@sunpress/ledger'
import { type Leases, scheduleKeys } from '@sunpress/redis'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Fetching, MadeNight, SchedulerParts } from './parts.js'
import { createScheduler, type Scheduler } from './scheduler.js'
import { newRun } from './work-on-schedule.js'

const NAME = 'stores'
const SCHEDULE: ScheduleRecord = {
  ...{
    v: 1,
    name: NAME,
    app: 'wx0123456789abcdef' as AppId,
    cron: '0 2 * * *',
    timeZone: 'UTC',
    window: null,
  },
  ...{ deadline: { kind: 'after', minutes: 240 }, campaignName: null, priority: 5, look: DEFAULT_LOOK },
  ...{ badRows: 'refuse', source: { kind: 'range', template: 't={n}', from: 1, to: 2 }, missed: 'run_once' },
  ...{ paused: false, since: '2026-11-01T00:00:00Z', createdAt: '2026-11-01T00:00:00Z', updatedAt: '1' },
}
const CREATED: MadeNight = { outcome: 'created', total: 2, source: null }

let nowMs = 0
let records: Records
let ledger: ScheduleLedger
let held: Map<string, string>
let made: RunRecord[]
let ended: RunRecord[]
let faults: unknown[]
/** What each make does; the last goes on. */
let answers: ((run: RunRecord, signal: AbortSignal, fetching: Fetching) => MadeNight | Promise<MadeNight>)[]
let campaigns: Set<string>
let goOn: (night: MadeNight) => void = () => {}
const waiting = () =>
  new Promise<MadeNight>((resolve) => {
    goOn = resolve
  })

const leases: Leases = {
  async claim({ lease }, holder) {
    if ((held.get(lease) ?? holder) !== holder) return null
    held.set(lease, holder)
    return 1
  },
  async release({ lease }, holder) {
    if (held.get(lease) === holder) held.delete(lease)
  },
}
let wakeBeats: (() => void)[] = []
const clock = {
  now: () => nowMs,
  monotonic: () => nowMs,
  /** Until somebody wakes it. */
  sleep: (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      wakeBeats.push(resolve)
      if (signal?.aborted) reject(signal.reason)
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
}

beforeEach(async () => {
  nowMs = Date.parse('2026-11-20T02:00:05Z')
  records = openMemoryStore({ clock }).records
  ledger = createScheduleLedger(records)
  held = new Map()
  made = []
  ended = []
  faults = []
  answers = [() => CREATED]
  campaigns = new Set()
  wakeBeats = []
  await ledger.write(SCHEDULE)
  await ledger.writeRun(
    newRun(SCHEDULE, { date: '2026-11-19' as never, atMs: nowMs - 86_405_000 }, nowMs, 'skipped'),
  )
})

function scheduler(change: Partial<SchedulerParts> = {}): Scheduler {
  return createScheduler({
    schedules: ledger,
    leases,
    holder: 'me',
    namespace: 'test',
    clock,
    timers: { set: async () => {} },
    nights: {
      find: async (run) => (campaigns.has(run.campaign) ? CREATED : null),
      async make(_schedule, run, signal, fetching) {
        made.push(run)
        const answer = answers.length > 1 ? answers.shift() : answers[0]
        const night = await (answer ?? (() => CREATED))(run, signal, fetching)
        if (night.outcome === 'created') campaigns.add(run.campaign)
        return night
      },
    },
    observer: {
      ended: (run) => ended.push(run),
      tryFailed: () => {},
      failed: (_what, fault) => faults.push(fault),
    },
    ...change,
  })
}

const history = async (): Promise<string[]> => {
  const keys = await ledger.listRuns(NAME)
  const runs = await Promise.all(keys.map((key) => ledger.readRun({ schedule: NAME, key })))
  return runs.map((run) => `${run?.date} ${run?.outcome}${run?.reason == null ? '' : ` ${run.reason}`}`)
}
const marks = async (): Promise<string[]> => {
  const keys: string[] = []
  for await (const { key } of ledger.listOpenRuns()) keys.push(key)
  return keys
}
const unreachable = () => {
  throw new RetryFault('source_unreachable', 'no answer')
}
const later = (minutes: number) => {
  nowMs += minutes * 60_000
}

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
    nowMs = Date.parse('2026-11-20T01:59:59Z')
    await scheduler().look()
    nowMs = Date.parse('2026-11-20T02:01:00Z')
    await ledger.write({ ...SCHEDULE, paused: true, updatedAt: '2' })
    await scheduler().look(NAME)
    expect(made).toEqual([])
  })

  it('tries a source that fails again, later each time, until it gives its rows', async () => {
    const one = scheduler()
    answers = [unreachable, unreachable, () => CREATED]
    await one.look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 running source_unreachable'])
    nowMs += 29_000
    await one.look()
    expect(made.length).toBe(1)
    nowMs += 1_000
    await one.look()
    expect(made.length).toBe(2)
    nowMs += 59_000
    await one.look()
    expect(made.length).toBe(2)
    nowMs += 1_000
    await one.look()
    expect(made.length).toBe(3)
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect(new Set(made.map(({ campaign }) => campaign)).size).toBe(1)
  })

  it('lets a night fail at its deadline, with the last reason', async () => {
    answers = [unreachable]
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
    answers = [
      () => {
        throw new RefuseFault('source_address', 'a private address')
      },
    ]
    await scheduler().look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 failed source_address'])
  })

  it('makes up for the newest of the nights that were missed', async () => {
    nowMs = Date.parse('2026-11-23T04:00:00Z')
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
    nowMs = Date.parse('2026-11-21T04:00:00Z')
    await ledger.write({ ...SCHEDULE, missed: 'skip' })
    await scheduler().look()
    nowMs = Date.parse('2026-11-22T06:00:00Z')
    await scheduler().look()
    expect(await history()).toEqual([
      ...['2026-11-19 skipped', '2026-11-20 skipped', '2026-11-21 skipped', '2026-11-22 deadline'],
    ])
    expect(made).toEqual([])
  })

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

  it('leaves a schedule alone that another process works on', async () => {
    answers = [waiting]
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
    answers = [
      (_run, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ]
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
    answers = [
      async (run) => {
        await ledger.writeRun({ ...run, outcome: 'created', total: 7 })
        throw new RetryFault('source_cut_off', 'too late')
      },
    ]
    await scheduler().look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
  })

  it('breaks its runs off when it stops, and whoever starts next goes on with them', async () => {
    answers = [
      (_run, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ]
    const first = scheduler()
    first.start()
    await expect.poll(() => made.length).toBe(1)
    await first.stop()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 running'])
    answers = [() => CREATED]
    await scheduler().look()
    expect(await history()).toEqual(['2026-11-19 skipped', '2026-11-20 created'])
    expect(faults).toEqual([])
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
    answers = [waiting, () => CREATED]
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
    answers = [endless]
    const one = scheduler()
    void one.look()
    await expect.poll(() => made.length).toBe(5)
    answers = [() => CREATED]
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
    answers = [
      (run, signal, fetching) =>
        fetching((during) => {
          fetched++
          return endless(run, signal, (work) => work(during))
        }),
    ]
    const one = scheduler()
    void one.look()
    await expect.poll(() => made.length).toBe(18)
    expect(fetched).toBe(16)
    await one.stop()
  })

  it('is broken off when its schedule is removed, by whatever process', async () => {
    answers = [
      endless,
      () => ({ outcome: 'failed', reason: 'schedule_removed', detail: 'The schedule was removed.' }),
    ]
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
    answers = [endless, () => CREATED]
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
    answers = [(_run, _signal, fetching) => fetching(() => waiting())]
    const one = scheduler()
    const looked = one.look()
    await expect.poll(() => made.length).toBe(1)
    const again = one.look()
    goOn(CREATED)
    await Promise.all([looked, again])
    expect(ended).toMatchObject([{ manual: true, outcome: 'created' }])
  })
})
