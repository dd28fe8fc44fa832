import type { AppId, Records } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { type AuditWork, claimAuditMark, readPurgeMark } from './audit-mark.js'

const APP = 'wx0123456789abcdef' as AppId
const DAY_MS = 86_400_000
let nowMs: number
let records: Records

const clock = { now: () => nowMs }
const claim = (holder: string, force = false, work: AuditWork = 'heal') =>
  claimAuditMark({ records, clock }, APP, { work, holder, force })
const purging = (given = records) => readPurgeMark({ records: given, clock }, APP)

beforeEach(() => {
  nowMs = Date.parse('2026-01-01T00:00:00.000Z')
  records = openMemoryStore({ clock }).records
})

describe('the mark of a purge or heal', () => {
  it('has one holder, until it is released', async () => {
    const first = await claim('one')
    expect(await claim('two')).toEqual({ kind: 'taken', holder: 'one', since: '2026-01-01T00:00:00.000Z' })
    if (first.kind === 'claimed') await first.release()
    expect((await claim('two')).kind).toBe('claimed')
  })

  it('has one holder of all that ask at once, also for that of a dead one', async () => {
    const kinds = async (force: boolean) =>
      (await Promise.all(['a', 'b', 'c'].map((name) => claim(name, force)))).map(({ kind }) => kind).sort()
    expect(await kinds(false)).toEqual(['claimed', 'taken', 'taken'])
    expect(await kinds(true)).toEqual(['claimed', 'taken', 'taken'])
  })

  it('is taken over when it was not renewed for a day, and its holder notices', async () => {
    const first = await claim('one')
    if (first.kind === 'taken') throw new Error('taken')
    nowMs += DAY_MS - 1
    expect(await first.renew()).toBe(true)
    nowMs += DAY_MS - 1
    expect((await claim('two')).kind).toBe('taken')
    nowMs += 1
    expect((await claim('two')).kind).toBe('claimed')
    expect(await first.renew()).toBe(false)
    await first.release()
    expect(await claim('three')).toMatchObject({ kind: 'taken', holder: 'two' })
  })

  it('leaves one file, however often it is claimed', async () => {
    for (let n = 0; n < 5; n++) {
      const mark = await claim('one')
      if (mark.kind === 'claimed') await mark.release()
    }
    expect((await records.list(`audits/${APP}/`)).keys).toEqual([`audits/${APP}/5.json`])
  })
})

describe('the mark of a purge', () => {
  it('is seen from the moment it is claimed until it is released', async () => {
    expect(await purging()).toBeNull()
    const mark = await claim('one', false, 'purge')
    expect(await purging()).toMatchObject({ holder: 'one' })
    if (mark.kind === 'claimed') await mark.release()
    expect(await purging()).toBeNull()
  })

  it('is no longer one of a living purge when it was not renewed for an hour', async () => {
    const mark = await claim('one', false, 'purge')
    nowMs += 3_600_000 - 1
    expect(await purging()).not.toBeNull()
    if (mark.kind === 'claimed') await mark.renew()
    nowMs += 3_600_000 - 1
    expect(await purging()).not.toBeNull()
    nowMs += 1
    expect(await purging()).toBeNull()
    expect((await claim('two')).kind).toBe('claimed')
  })

  it('is not that of a heal; one of an older release, which does not say, may be of a purge', async () => {
    await claim('one', false, 'heal')
    expect(await purging()).toBeNull()
    const old = { v: 1, holder: 'old', at: new Date(nowMs).toISOString(), released: false }
    await records.put(`audits/${APP}/2.json`, Buffer.from(JSON.stringify(old)))
    expect(await purging()).toMatchObject({ holder: 'old' })
    expect((await claim('two')).kind).toBe('taken')
  })

  it('is not overlooked when it takes the place of an older one right between the list and the read', async () => {
    const first = await claim('one', false, 'purge')
    if (first.kind === 'claimed') await first.release()
    let once = true
    const read = async (key: string) => {
      if (once) {
        once = false
        await claim('two', false, 'purge')
      }
      return await records.read(key)
    }
    expect(await purging({ ...records, read })).toMatchObject({ holder: 'two' })
  })
})
