import type { AppId } from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryTokenStore } from './memory-token-store.js'
import type { TokenStore } from './token-store.js'

const app = 'wx0123456789abcdef' as AppId
let nowMs: number
let store: TokenStore
beforeEach(() => {
  nowMs = 1_000_000
  store = createMemoryTokenStore({ monotonic: () => nowMs })
})
const claim = (flight: string, unreadable: string | null = null) =>
  store.claim(app, { flight, flightMs: 5_000, unreadable, mayForce: false, mark: 'm' })
const put = (flight: string, sealed = 'sealed', fingerprint = 'f1', renewAfterMs = 7_000) =>
  store.store(app, flight, {
    ...{ sealed, fingerprint, lifetimeMs: 9_000, usableMs: 8_000 },
    ...{ renewAfterMs, gapMs: 2_000, mark: 'm' },
  })

it('gives the flight to one, and to another when it is over', async () => {
  expect(await claim('a')).toEqual({ kind: 'yours', sealed: null, usableMs: 0, force: false, refused: false })
  expect(await claim('b')).toEqual({ kind: 'busy', forMs: 5_000 })
  nowMs += 5_000
  expect(await claim('b')).toMatchObject({ kind: 'yours' })
  expect(await put('a', 'older')).toBe(false)
  expect(await put('b', 'newer')).toBe(true)
  expect(await claim('c')).toEqual({ kind: 'token', sealed: 'newer', usableMs: 8_000 })
})

it('gives the old token while the next is fetched, and none that the caller cannot read', async () => {
  await claim('a')
  await put('a')
  nowMs += 7_000
  expect(await claim('b')).toMatchObject({ kind: 'yours', sealed: 'sealed', usableMs: 1_000 })
  expect(await claim('c')).toMatchObject({ kind: 'token', sealed: 'sealed' })
  expect(await claim('c', 'sealed')).toMatchObject({ kind: 'busy' })
})

describe('a refused token', () => {
  it('is told to whoever fetches the next, twice as late each time', async () => {
    const waits: number[] = []
    for (const fingerprint of ['f1', 'f2', 'f3']) {
      await claim('a')
      await put('a', 'sealed', fingerprint)
      expect(await store.drop(app, 'another', 60_000)).toBe(false)
      expect(await store.drop(app, fingerprint, 60_000)).toBe(true)
      const wait = await claim('b')
      if (wait.kind !== 'wait') throw new Error(wait.kind)
      waits.push(wait.forMs)
      nowMs += wait.forMs
    }
    expect(waits).toEqual([2_000, 4_000, 8_000])
    expect(await claim('a')).toMatchObject({ kind: 'yours', refused: true })
  })
})

it('tells a failure until its time is over, or until it is lifted', async () => {
  await claim('a')
  await store.fail(app, 'a', { text: 'why', pauseMs: 3_000, of: 'fleet', mark: 'm' })
  expect(await claim('b')).toMatchObject({ kind: 'failed', failure: 'why', forMs: 3_000 })
  await store.lift(app)
  expect(await claim('b')).toMatchObject({ kind: 'yours' })
  await store.fail(app, 'a', { text: 'not mine', pauseMs: 3_000, of: 'fleet', mark: 'm' })
  expect(await claim('c')).toMatchObject({ kind: 'busy' })
})
