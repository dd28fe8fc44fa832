import { describe, expect, it } from 'vitest'
import { WINDOW } from './fill-lanes.js'
import {
  appid,
  begin,
  drop,
  jobs,
  leaping,
  ledger,
  now,
  publish,
  publishAll,
  redis,
  refuse,
  standing,
  submit,
  waiting,
} from './testing/use-upkeep.js'

const upTo = (total: number) => Array.from({ length: total }, (_, at) => at)

describe('campaigns of one lane', () => {
  it('share the window evenly when none goes before the others', async () => {
    const ids = [(await submit(9_000)).id, (await submit(9_000)).id]
    begin()
    await expect.poll(jobs).toBe(WINDOW)
    const cursors = await Promise.all(ids.map(async (id) => (await standing(id))?.cursor))
    expect(cursors).toEqual([WINDOW / 2, WINDOW / 2])
  })

  it('go behind what stands in the lane when they come later, and before it when they are raised', async () => {
    const early = await submit(9_000)
    begin()
    await expect.poll(jobs).toBe(WINDOW)
    const late = await submit(9_000)
    await expect.poll(leaping(() => standing(late.id))).toMatchObject({ cursor: 0 })
    await publishAll(early.id, 0, 100)
    await drop(early.id, upTo(100))
    await expect.poll(jobs).toBe(WINDOW)
    const inOrder = async () => (await waiting()).map(({ id }) => (id.startsWith(late.id) ? 'late' : 'early'))
    const [standingThere, fed] = [Array(WINDOW - 100).fill('early'), Array(100).fill('late')]
    // All the room that became free is the later one's: the other has more than its part.
    expect(await inOrder()).toEqual([...standingThere, ...fed])
    await ledger().appendControl(late.id, { command: 'priority', priority: 9 }, '2026-01-01T00:00:00Z')
    const ahead = async () => (await inOrder()).lastIndexOf('late')
    await expect.poll(leaping(ahead)).toBeLessThan(100 + WINDOW / 8)
  })

  it('go by priority, and yet the lower one does not starve: some of its scenes go among the first', async () => {
    const [low, high] = [await submit(9_000, { priority: 1 }), await submit(9_000, { priority: 9 })]
    begin()
    await expect.poll(jobs).toBe(WINDOW)
    expect((await standing(high.id))?.cursor).toBe((WINDOW * 7) / 8)
    await expect.poll(() => standing(low.id)).toMatchObject({ cursor: WINDOW / 8 })
    const levels = async () => await redis.zcount(lane('prioritized'), 2 ** 32, 2 * 2 ** 32)
    await expect.poll(leaping(levels)).toBe(WINDOW)
  })

  it('have an early scene among the first that a retry takes back, though all around it has ended', async () => {
    const low = await submit(9_000, { priority: 1 })
    await submit(9_000, { priority: 9 })
    begin()
    await expect.poll(leaping(() => raisedOf(low.id))).toBe(WINDOW / 8)
    await refuse(low.id, 3)
    for (const at of upTo(10)) await publish(low.id, at)
    await drop(low.id, upTo(10))
    await expect.poll(leaping(() => isRaised(low.id, WINDOW / 8 + 9))).toBe(true)
    await ledger().appendRetry({ id: low.id, app: appid }, {}, '2026-01-01T00:00:00Z')
    await expect.poll(leaping(() => standing(low.id))).toMatchObject({ retried: 1 })
    await publishAll(low.id, 10, 12)
    await drop(low.id, [10, 11])
    await expect.poll(leaping(() => isRaised(low.id, 3))).toBe(true)
  })

  it('get their new priority while they run: jobs that wait, and those to come', async () => {
    const [a, b] = [await submit(9_000, { priority: 5 }), await submit(9_000, { priority: 5 })]
    begin()
    await expect.poll(jobs).toBe(WINDOW)
    await ledger().appendControl(b.id, { command: 'priority', priority: 9 }, '2026-01-01T00:00:00Z')
    await expect.poll(leaping(() => standing(b.id))).toMatchObject({ priority: 9, state: 'running' })
    const first = async () => (await waiting()).slice(0, WINDOW / 2)
    const isAllOfB = async () => (await first()).filter(({ id }) => id.startsWith(b.id)).length
    await expect.poll(leaping(isAllOfB)).toBeGreaterThanOrEqual(WINDOW / 2 - WINDOW / 8)
    expect((await standing(a.id))?.priority).toBe(5)
  })
})

/** Jobs that wait as if their campaign had priority 9. */
const raised = () => redis.zrangebyscore(lane('prioritized'), 2 ** 32, 2 * 2 ** 32)
const raisedOf = async (id: string) => (await raised()).filter((job) => job.startsWith(id)).length
const isRaised = async (id: string, at: number) => (await raised()).includes(`${id}.${at}`)

const lane = (name: string): string => `${now.namespace}:{${appid}}:unlimited:${name}`
