import { type AppId, newCampaignId, type Records } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { claimAuditMark } from './audit-mark.js'
import { createOpenings, listOpenings } from './openings.js'

const APP = 'wx0123456789abcdef' as AppId
const OTHER = 'wx0123456789abcdee' as AppId
const campaign = { id: newCampaignId(1), app: APP }
let nowMs: number
let ticksMs: number
let records: Records

const clock = { now: () => nowMs, monotonic: () => ticksMs }
const openings = (given = records) => createOpenings({ records: given, clock })
const purge = (app = APP) =>
  claimAuditMark({ records, clock }, app, { work: 'purge', holder: 'a purge', force: false })

beforeEach(() => {
  nowMs = Date.parse('2026-01-01T00:00:00.000Z')
  ticksMs = 0
  records = openMemoryStore({ clock }).records
})

describe('a campaign that is being opened', () => {
  it('is told of before anything of it is open, and no longer when it is', async () => {
    const during = await openings().during(campaign, () => listOpenings(records, APP))
    expect(during).toEqual([expect.stringContaining(`opening/${APP}/${campaign.id}.`)])
    expect(await listOpenings(records, APP)).toEqual([])
  })

  it('is not opened while a purge of its app is at work, and leaves nothing', async () => {
    const mark = await purge()
    const opened = openings().during(campaign, () => Promise.reject(new Error('opened')))
    await expect(opened).rejects.toMatchObject({ kind: 'wait', code: 'app_purging' })
    await expect(openings().refuseWhilePurged(APP)).rejects.toMatchObject({ code: 'app_purging' })
    expect(await listOpenings(records, APP)).toEqual([])
    if (mark.kind === 'claimed') await mark.release()
    expect(await openings().during(campaign, async () => 'opened')).toBe('opened')
  })

  it('is not opened while a purge renews its mark, by whose clock it is more than an hour earlier', async () => {
    let earlierMs = nowMs - 4_000_000
    const its = { records, clock: { now: () => earlierMs } }
    const mark = await claimAuditMark(its, APP, { work: 'purge', holder: 'a purge', force: false })
    if (mark.kind === 'taken') throw new Error('taken')
    const producer = openings()
    const open = () => producer.during(campaign, async () => 'opened')
    for (let look = 0; look < 3; look++) {
      await expect(open()).rejects.toMatchObject({ kind: 'wait', code: 'app_purging' })
      ticksMs += 25_000
      earlierMs += 25_000
      await mark.renew()
    }
    await expect(open()).rejects.toMatchObject({ code: 'app_purging' })
    ticksMs += 24_999
    await expect(open()).rejects.toMatchObject({ code: 'app_purging' })
    ticksMs++
    expect(await open()).toBe('opened')
  })

  it('is kept waiting by a purge of its own app alone', async () => {
    await purge(OTHER)
    expect(await openings().during(campaign, async () => 'opened')).toBe('opened')
  })

  it('is one of two when the same request comes twice: neither takes away what the other has said', async () => {
    let seen: string[] = []
    await openings().during(campaign, async () => {
      await openings().during(campaign, async () => {})
      seen = await listOpenings(records, APP)
    })
    expect(seen.length).toBe(1)
  })

  it.each([
    ['by the time of day', () => (nowMs += 30_001)],
    ['by the time that only grows', () => (ticksMs += 30_001)],
  ])('is not opened by a process that was frozen meanwhile: %s', async (_how, freeze) => {
    const opened = openings().during(campaign, async ({ checkInTime }) => {
      checkInTime()
      freeze()
      checkInTime()
    })
    await expect(opened).rejects.toMatchObject({ kind: 'wait', code: 'opening_slow' })
  })

  it('has come to be although the store does not take away what told of it', async () => {
    const remove = () => Promise.reject(new Error('away'))
    expect(await openings({ ...records, remove }).during(campaign, async () => 'opened')).toBe('opened')
    expect((await listOpenings(records, APP)).length).toBe(1)
  })
})
