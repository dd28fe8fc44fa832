import { type AppId, DEFAULT_LOOK, type LookId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createCodeFinder } from './find-codes.js'

const app = 'wx0123456789abcdef' as AppId

function finder() {
  const asked: string[] = []
  const faults: Error[] = []
  const stat = async (key: string) => {
    asked.push(key)
    const fault = faults.shift()
    if (fault !== undefined) throw fault
    return { key, bytes: 1, closedAtMs: 0 }
  }
  const look = { ...DEFAULT_LOOK, page: 'pages/a' }
  return { find: createCodeFinder({ stat }, async () => [{ id: 'x' as LookId, look }]), asked, faults }
}

it('looks a question up once for all who put it at the same time', async () => {
  const { find, asked } = finder()
  const query = { app, scene: 's=1' }
  const found = await Promise.all([find(query), find(query), find({ ...query, page: 'pages/b' })])
  expect(found.map(({ length }) => length)).toEqual([1, 1, 0])
  expect(asked.length).toBe(1)
  await find(query)
  await find({ app, scene: 's=2' })
  expect(asked.length).toBe(3)
})

it('keeps no failure', async () => {
  const { find, faults } = finder()
  faults.push(new Error('away'))
  await expect(find({ app, scene: 's=1' })).rejects.toThrow('away')
  expect(await find({ app, scene: 's=1' })).toHaveLength(1)
})
