import type { AppId } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, expect, it } from 'vitest'
import { CLEARS_A_MONTH, type ClearLedger, createClearLedger, shanghaiMonth } from './clears.js'

const APP = 'wx0123456789abcdef' as AppId
const OTHER = 'wx0123456789abcde0' as AppId
const NOV = Date.parse('2026-11-20T00:00:00Z')
const DEC = Date.parse('2026-11-30T16:00:00Z')

let clears: ClearLedger
beforeEach(() => {
  clears = createClearLedger(openMemoryStore({ clock: { now: () => NOV } }).records)
})

it('counts months in Shanghai', () => {
  expect([shanghaiMonth(NOV), shanghaiMonth(DEC - 1), shanghaiMonth(DEC)]).toEqual([
    '2026-11',
    '2026-11',
    '2026-12',
  ])
})

it('gives each number once, ten a month, to each app', async () => {
  const claimed = await Promise.all(Array.from({ length: 12 }, () => clears.claim(APP, NOV)))
  expect(claimed.filter((number) => number !== null).toSorted((a, b) => a - b)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ])
  expect(await clears.count(APP, NOV)).toBe(CLEARS_A_MONTH)
  expect([await clears.claim(OTHER, NOV), await clears.claim(APP, DEC)]).toEqual([1, 1])
})

it('takes a number back, and knows when WeChat has no more', async () => {
  await clears.claim(APP, NOV)
  await clears.giveBack(APP, NOV, 1)
  expect(await clears.count(APP, NOV)).toBe(0)
  await clears.exhaust(APP, NOV)
  expect(await clears.claim(APP, NOV)).toBeNull()
})
