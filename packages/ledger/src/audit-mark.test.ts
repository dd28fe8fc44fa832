import type { AppId, Records } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { claimAuditMark } from './audit-mark.js'

const APP = 'wx0123456789abcdef' as AppId
const DAY_MS = 86_400_000
let nowMs: number
let records: Records

const clock = { now: () => nowMs }
const claim = (holder: string, force = false) => claimAuditMark({ records, clock }, APP, { holder, force })

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
