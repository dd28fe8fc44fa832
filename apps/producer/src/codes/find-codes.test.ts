import { type AppId, DEFAULT_LOOK, type Look, type LookId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { byLook, createCodeFinder } from './find-codes.js'

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
  return {
    find: createCodeFinder({ stat }, async () => [{ id: 'x' as LookId, look, firstUsedAt: null }]),
    asked,
    faults,
  }
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

describe('the newest look', () => {
  const found = (name: string, look: Partial<Look>, firstUsedAt: string | null, closedAtMs: number) => ({
    ...{ lookId: name as LookId, look: { ...DEFAULT_LOOK, ...look }, firstUsedAt, closedAtMs },
  })
  const [january, february] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z']

  it.each([
    ['is of the greater epoch, whenever pictures were closed', [{ epoch: 1 }, january, 1], [{}, february, 2]],
    [
      'is what users see, before what testers do',
      [{}, january, 1],
      [{ envVersion: 'trial', epoch: 9 }, february, 2],
    ],
    [
      'is a trial before a develop version',
      [{ envVersion: 'trial' }, january, 1],
      [{ envVersion: 'develop' }, february, 2],
    ],
    ['is the one that came into use later', [{ width: 280 }, february, 1], [{}, january, 2]],
    [
      'is one whose time is known, before one from before it was kept',
      [{ width: 280 }, january, 1],
      [{}, null, 2],
    ],
    ['is the one closed later where nothing else tells', [{ width: 280 }, null, 2], [{}, null, 1]],
  ] as const)('%s', (_, newer, older) => {
    const [one, other] = [found('a', newer[0], newer[1], newer[2]), found('b', older[0], older[1], older[2])]
    expect([other, one].toSorted(byLook)).toEqual([one, other])
    expect([one, other].toSorted(byLook)).toEqual([one, other])
  })
})
