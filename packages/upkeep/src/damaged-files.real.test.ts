import { describe, expect, it } from 'vitest'
import {
  appid,
  begin,
  drop,
  index,
  jobs,
  leaping,
  ledger,
  loseRedis,
  now,
  publish,
  publishAll,
  refuse,
  standing,
  submit,
} from './testing/use-upkeep.js'

const damage = (key: string): Promise<void> => now.stores.records.put(key, Buffer.from('{"v":1'))
/** What was told of, to be taken back: after a test none is left. */
const takeFaults = () => now.faults.splice(0)
const isDamaged = expect.objectContaining({ code: 'ledger_damaged' })

describe('a file that can’t be read', () => {
  it.each(['control/1.json', 'report.json', 'retries/1', 'campaign.json'])(
    '(%s) stops its own campaign, and no other: the index is built without it',
    async (name) => {
      const broken = await submit(10)
      const first = begin()
      await expect.poll(jobs).toBe(10)
      await publishAll(broken.id, 0, 3)
      await refuse(broken.id, 3)
      const retry = { id: broken.id, app: appid }
      await ledger().appendRetry(retry, {}, '2026-01-01T00:00:00Z')
      await expect.poll(leaping(() => standing(broken.id))).toMatchObject({ retried: 1 })
      await first.stop()
      await damage(`campaigns/${broken.id}/${name}`)
      await loseRedis()
      const sound = await submit(5)
      const second = begin()
      await expect.poll(jobs).toBe(5)
      await publishAll(sound.id, 0, 5)
      await expect.poll(leaping(() => ledger().readReport(sound.id))).toMatchObject({ state: 'completed' })
      expect(await standing(broken.id)).toBeNull()
      expect(now.rebuilds).toEqual(['no_generation', 'no_generation'])
      const seen = now.faults.length
      await expect.poll(leaping(() => now.faults.length)).toBeGreaterThan(seen + 1)
      await second.stop()
      const faults = takeFaults()
      expect(faults).toEqual(faults.map(() => isDamaged))
      expect(now.rebuilds).toHaveLength(2)
    },
  )

  it('(the open mark) keeps no other campaign from being found by who leads next', async () => {
    const broken = await submit(10)
    const first = begin()
    await expect.poll(jobs).toBe(10)
    await first.stop()
    await damage(`open/${broken.id}`)
    await submit(5)
    const second = begin()
    await expect.poll(leaping(jobs)).toBe(15)
    await expect.poll(leaping(() => now.faults)).toContainEqual(isDamaged)
    await second.stop()
    const faults = takeFaults()
    expect(faults).toEqual(faults.map(() => isDamaged))
  })

  it('is found when a command comes, and the others are led on', async () => {
    const broken = await submit(10)
    const upkeep = begin()
    await expect.poll(jobs).toBe(10)
    await damage(`campaigns/${broken.id}/control/1.json`)
    const { generation } = await index().readGeneration(appid)
    if (generation === null) throw new Error('no generation')
    await index().control(appid, generation, broken.id, { seq: 1, state: 'running' })
    await expect.poll(() => now.faults).toContainEqual(isDamaged)
    const sound = await submit(5)
    await drop(broken.id, [0])
    await expect.poll(leaping(() => standing(sound.id))).toMatchObject({ cursor: 5 })
    for (let at = 0; at < 5; at++) await publish(sound.id, at)
    await expect.poll(leaping(() => ledger().readReport(sound.id))).not.toBeNull()
    await upkeep.stop()
    const faults = takeFaults()
    expect(faults).toEqual(faults.map(() => isDamaged))
  })
})
