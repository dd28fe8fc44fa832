import { type AppId, DEFAULT_LOOK, type LookId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { keepLooks, LOOKS_KEPT_MS } from './known-looks.js'

const app = (n: number) => `wx${n}` as AppId
const look = { id: 'x' as LookId, look: DEFAULT_LOOK, firstUsedAt: null }

function keeper(looksEach = 1) {
  let nowMs = 0
  const read: AppId[] = []
  const faults: Error[] = []
  async function* list(appid: AppId) {
    read.push(appid)
    const fault = faults.shift()
    if (fault !== undefined) throw fault
    for (let n = 0; n < looksEach; n++) yield look
  }
  const monotonic = () => nowMs
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { looksOf: keepLooks(list, { monotonic }), read, faults, pass }
}

it('reads the looks of an app once for all who ask within a moment', async () => {
  const { looksOf, read, pass } = keeper()
  const [one, other] = await Promise.all([looksOf(app(1)), looksOf(app(1))])
  expect([one, other, read.length]).toEqual([[look], [look], 1])
  pass(LOOKS_KEPT_MS - 1)
  await looksOf(app(1))
  expect(read.length).toBe(1)
  pass(1)
  await looksOf(app(1))
  expect(read.length).toBe(2)
})

it('keeps no failure', async () => {
  const { looksOf, read, faults } = keeper()
  faults.push(new Error('away'))
  await expect(looksOf(app(1))).rejects.toThrow('away')
  expect([await looksOf(app(1)), read.length]).toEqual([[look], 2])
})

it('keeps no more than a bounded number of them', async () => {
  const { looksOf, read } = keeper(60_000)
  await looksOf(app(1))
  await looksOf(app(2))
  await looksOf(app(2))
  expect(read).toEqual([app(1), app(2)])
  await looksOf(app(1))
  expect(read).toEqual([app(1), app(2), app(1)])
})
