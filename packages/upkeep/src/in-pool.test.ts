import { expect, it } from 'vitest'
import { inPool } from './in-pool.js'

it('gives results in the order of their items, so many at a time', async () => {
  let [running, most] = [0, 0]
  const step = async (item: number): Promise<number> => {
    most = Math.max(most, ++running)
    for (let turn = 0; turn < 5 - item; turn++) await Promise.resolve()
    running--
    return item * 2
  }
  expect(await inPool([1, 2, 3, 4, 5], 2, step)).toEqual([2, 4, 6, 8, 10])
  expect(most).toBe(2)
  expect(await inPool([], 2, step)).toEqual([])
})

it('begins nothing more after a failure, which it gives', async () => {
  const begun: number[] = []
  const step = async (item: number): Promise<void> => {
    begun.push(item)
    if (item === 2) throw new Error('no')
    await Promise.resolve()
  }
  await expect(inPool([1, 2, 3, 4, 5, 6], 2, step)).rejects.toThrow('no')
  expect(begun.length).toBeLessThan(5)
})
