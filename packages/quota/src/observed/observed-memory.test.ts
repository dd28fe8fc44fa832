import type { AppId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.js'
import { createObservedMemory } from './observed-memory.js'

const APP = 'wx0123456789abcdef' as AppId
const EPOCH = 1_750_000_000_000
const fieldsOf = (perDay: number, atMs: number) => ({
  'told:getwxacodeunlimit': JSON.stringify({ daily: { limit: perDay, used: 0, remain: perDay }, rate: null }),
  'at:getwxacodeunlimit': String(atMs),
})

it('keeps what was told last until something newer is', async () => {
  const clock = createFakeClock(EPOCH)
  let fields: Record<string, string> = fieldsOf(2_000, EPOCH)
  const memory = createObservedMemory(async () => fields, clock)
  const perDay = () => memory.told(APP, 'getwxacodeunlimit')?.daily?.limit
  await memory.refresh(APP)
  fields = {}
  await memory.refresh(APP)
  expect(perDay()).toBe(2_000)
  fields = fieldsOf(9_000, EPOCH - 1)
  await memory.refresh(APP)
  expect(perDay()).toBe(2_000)
  fields = fieldsOf(3_000, EPOCH + 1)
  await memory.refresh(APP)
  expect(perDay()).toBe(3_000)
})

it('does not keep for ever what was told by a clock that was set back since', async () => {
  let fields = fieldsOf(2_000, EPOCH + 3_600_000)
  const memory = createObservedMemory(async () => fields, createFakeClock(EPOCH))
  await memory.refresh(APP)
  fields = fieldsOf(3_000, EPOCH)
  await memory.refresh(APP)
  expect(memory.told(APP, 'getwxacodeunlimit')?.daily?.limit).toBe(3_000)
})

it('is known as soon as it was read once, waits a second for that, and reads once for all who wait', async () => {
  const clock = createFakeClock(EPOCH)
  let reads = 0
  let arrive = () => {}
  const memory = createObservedMemory(() => {
    reads++
    return new Promise((resolve) => {
      arrive = () => resolve({})
    })
  }, clock)
  const first = memory.known(APP).catch((fault: unknown) => fault)
  await clock.advance(1_000)
  expect(await first).toMatchObject({ kind: 'wait', code: 'quota_unread' })
  const second = memory.known(APP)
  arrive()
  await second
  await memory.known(APP)
  expect(reads).toBe(1)
})
