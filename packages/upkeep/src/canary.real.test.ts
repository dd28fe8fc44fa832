import { describe, expect, it } from 'vitest'
import {
  begin,
  drop,
  indexesOf,
  jobs,
  leaping,
  ledger,
  loseRedis,
  now,
  park,
  publish,
  publishAll,
  refuse,
  restartServer,
  standing,
  stillClock,
  submit,
  waiting,
} from './testing/use-upkeep.js'

const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)

describe('a canary', () => {
  it('pauses a campaign after its first scenes, once; a resume lets the rest go', async () => {
    const { id } = await submit(50, { canary: 5 })
    begin()
    begin()
    await expect.poll(jobs).toBe(5)
    await publishAll(id, 0, 5)
    await drop(id, upTo(5))
    await expect.poll(() => standing(id)).toMatchObject({ state: 'paused', cursor: 5 })
    expect(await ledger().readControl(id)).toMatchObject([{ command: 'pause', reason: 'canary', seq: 1 }])
    await ledger().appendControl(id, 'resume', '2026-01-01T00:00:00Z')
    await expect.poll(leaping(jobs)).toBe(45)
    expect(await ledger().readControl(id)).toHaveLength(2)
  })

  it('is there to be looked at after Redis has lost everything', async () => {
    const { id } = await submit(50, { canary: 5 })
    begin({ clock: stillClock })
    await expect.poll(jobs).toBe(5)
    await publishAll(id, 0, 5)
    await expect.poll(async () => (await indexesOf(id)).length).toBe(5)
    await loseRedis()
    await expect.poll(() => standing(id)).toMatchObject({ state: 'paused', counts: { published: 5 } })
  })

  it('stays as it was after Redis has lost everything', async () => {
    const { id } = await submit(50, { canary: 5 })
    const first = begin()
    await expect.poll(jobs).toBe(5)
    await publishAll(id, 0, 5)
    await expect.poll(() => standing(id)).toMatchObject({ state: 'paused' })
    await first.stop()
    await restartServer()
    begin()
    await expect.poll(() => now.rebuilds).toContain('new_server')
    expect(await standing(id)).toMatchObject({ state: 'paused', canary: 5 })
    await ledger().appendControl(id, 'resume', '2026-01-01T00:00:00Z')
    await expect.poll(leaping(() => standing(id))).toMatchObject({ state: 'running', cursor: 50 })
    expect(await ledger().readControl(id)).toHaveLength(2)
  })

  it('gives its parked scenes their last round before it pauses, and the rest one of their own at the end', async () => {
    const { id } = await submit(20, { canary: 5 })
    begin()
    await expect.poll(jobs).toBe(5)
    await publishAll(id, 0, 3)
    for (const at of [3, 4]) expect(await park(id, at)).toBe('parked')
    await drop(id, upTo(5))
    await expect.poll(leaping(lastRound)).toEqual([3, 4])
    expect(await standing(id)).toMatchObject({ parked: 0, cursor: 5, state: 'running' })
    await publish(id, 3)
    await refuse(id, 4)
    await drop(id, upTo(5))
    await expect.poll(leaping(() => standing(id))).toMatchObject({ state: 'paused', cursor: 5 })
    await ledger().appendControl(id, 'resume', '2026-01-01T00:00:00Z')
    await expect.poll(leaping(jobs)).toBe(15)
    expect(await lastRound()).toEqual([])
    expect(await standing(id)).toMatchObject({ cursor: 20, lastRound: false })
    expect(await park(id, 9)).toBe('parked')
    for (const at of upTo(20)) if (at !== 9) await publish(id, at)
    await drop(id, upTo(20))
    await expect.poll(leaping(lastRound)).toEqual([9])
    await publish(id, 9)
    await expect.poll(() => ledger().readReport(id)).toMatchObject({ counts: { published: 19, refused: 1 } })
  })

  it('gives no last round while others of its scenes are under way', async () => {
    const { id } = await submit(20, { canary: 5 })
    begin()
    await expect.poll(jobs).toBe(5)
    await publishAll(id, 0, 3)
    await park(id, 3)
    await drop(id, upTo(4))
    const turns = now.leapMs
    await expect.poll(leaping(() => now.leapMs)).toBeGreaterThan(turns + 10 * 61_000)
    expect(await waiting()).toMatchObject([{ index: 4, lastRound: false }])
    expect(await standing(id)).toMatchObject({ parked: 1, lastRound: false })
  })
})

/** Scenes whose jobs are their last. */
const lastRound = async (): Promise<number[]> =>
  (await waiting()).filter((job) => job.lastRound).map((job) => job.index)
