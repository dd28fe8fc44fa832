import { type Clock, parseSchedule, type RunRecord, scheduleAfter } from '@sunpress/core'
import { claimAuditMark, createCampaignLedger, createOpenings, createScheduleLedger } from '@sunpress/ledger'
import { createMemoryLeases } from '@sunpress/redis/testing'
import { closedAppBook } from '@sunpress/runtime'
import { parseRange } from '@sunpress/sources'
import { openMemoryStore } from '@sunpress/storage'
import { createScheduler } from '@sunpress/upkeep'
import { expect, it } from 'vitest'
import { createFakeIndex } from '../testing/fake-index.js'
import { APP, APP_ID, sleepUntilAborted } from '../testing/test-api.js'
import { createNightMaker } from './night-maker.js'

let nowMs = Date.parse('2026-11-20T02:30:05Z')
const clock: Clock = { now: () => nowMs, monotonic: () => nowMs, sleep: sleepUntilAborted }
const RANGE = { kind: 'range', template: 's={n}', from: 1, to: 3 }

function open() {
  const { records } = openMemoryStore({ clock })
  const campaigns = createCampaignLedger(records)
  const schedules = createScheduleLedger(records)
  const ended: RunRecord[] = []
  const failed: RunRecord[] = []
  const nights = createNightMaker({
    ...{ campaigns, schedules, records, clock, apps: closedAppBook([APP]), index: createFakeIndex().index },
    openings: createOpenings({ records, clock }),
    planning: { note: async () => {}, read: async () => null, forget: async () => {} },
    markHealing: async () => {},
    planLifetime: async () => ({ known: 0, fresh: 0, usedAfter: 0, limit: 100_000, whole: true }),
    fetch: { get: () => Promise.reject(new Error('nobody asks')), close: async () => {} },
    secrets: { read: () => null },
    sourceMaxBytes: 1_000,
  })
  const scheduler = createScheduler({
    ...{ schedules, nights, clock, leases: createMemoryLeases(), holder: 'me', namespace: 'test' },
    timers: { set: async () => {} },
    observer: {
      ended: (run) => ended.push(run),
      tryFailed: (run) => failed.push(run),
      failed: (_what, fault) => {
        throw fault
      },
    },
  })
  return { records, campaigns, schedules, scheduler, ended, failed }
}

it('a night that comes while pictures of its app are purged is tried again by itself, and made with all its rows', async () => {
  const { records, campaigns, schedules, scheduler, ended, failed } = open()
  const look = { page: 'pages/index/index' }
  const body = { app: APP_ID, cron: '30 2 * * *', timeZone: 'UTC', look, source: RANGE }
  const parsed = parseSchedule(body, { hasApp: () => true, parseRange })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.defects))
  await schedules.write(scheduleAfter(null, 'stores', parsed.value, '2026-11-20T00:00:00Z'))
  const ask = { work: 'purge', holder: 'another', force: false } as const
  const mark = await claimAuditMark({ records, clock }, APP_ID, ask)
  await scheduler.look()
  expect([ended, failed]).toMatchObject([[], [{ outcome: 'running', reason: 'app_purging', failures: 1 }]])
  expect((await records.list('open/0')).keys).toEqual([])
  if (mark.kind === 'claimed') await mark.release()
  nowMs += 30_000
  await scheduler.look()
  expect(ended).toMatchObject([{ outcome: 'created', total: 3, reason: null }])
  expect(await campaigns.readOpenMark((ended[0] as RunRecord).campaign)).not.toBeNull()
  await scheduler.stop()
})
