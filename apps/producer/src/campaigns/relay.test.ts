import { expect, it } from 'vitest'
import { createRelay } from './relay.js'

it('hands everything on in order, and never keeps more than it may', async () => {
  const relay = createRelay<number>(3)
  const read = (async () => {
    const items: number[] = []
    for await (const item of relay) items.push(item)
    return items
  })()
  for (let n = 0; n < 10; n++) await relay.push(n)
  relay.end()
  expect(await read).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

it('lets its writer wait for the reader', async () => {
  const relay = createRelay<number>(2)
  expect(relay.push(1)).toBeNull()
  const full = relay.push(2)
  expect(full).not.toBeNull()
  const reader = relay[Symbol.asyncIterator]()
  expect(await reader.next()).toEqual({ done: false, value: 1 })
  await full
  expect(relay.push(3)).toBeNull()
})

it('lets its writer go when the reader ends before it, or never comes', async () => {
  const early = createRelay<number>(1)
  const first = (async () => {
    for await (const item of early) return item
    return null
  })()
  await early.push(1)
  expect(await first).toBe(1)
  expect(early.push(2)).toBeNull()
  const never = createRelay<number>(1)
  const waiting = never.push(1)
  never.close()
  await waiting
  expect(never.push(2)).toBeNull()
})
