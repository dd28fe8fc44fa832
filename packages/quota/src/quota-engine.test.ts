import { DEFAULT_QUOTAS } from '@sunpress/core'
import { expect, it } from 'vitest'
import { lowered } from './quota-engine.js'

const told = { perMinute: 3_000, perDay: 4_000, remain: null }
const nothing = { perMinute: null, perDay: null, remain: null }

it('lets the lower number hold where the apps file and WeChat differ', () => {
  expect(lowered(DEFAULT_QUOTAS, 'unlimited', told)).toEqual({ ...DEFAULT_QUOTAS, perMinute: 3_000 })
  expect(lowered(DEFAULT_QUOTAS, 'limited', told)).toEqual({ ...DEFAULT_QUOTAS, limitedPerDay: 4_000 })
  expect(lowered(DEFAULT_QUOTAS, 'limited', { ...told, perMinute: 60 })).toMatchObject({
    limitedPerMinute: 60,
  })
})

it('goes by the apps file where WeChat says nothing, or more', () => {
  expect(lowered(DEFAULT_QUOTAS, 'unlimited', nothing)).toEqual(DEFAULT_QUOTAS)
  expect(lowered(DEFAULT_QUOTAS, 'unlimited', { ...nothing, perMinute: 10_000 })).toEqual(DEFAULT_QUOTAS)
})
