import { expect, it } from 'vitest'
import { DEFAULT_QUOTAS, perDayOf, perMinuteOf } from './app.js'

it('takes our share of each limit, at least one call, and no more than whole ones', () => {
  const quotas = {
    ...DEFAULT_QUOTAS,
    perMinute: 5_000,
    limitedPerMinute: 1,
    limitedPerDay: 10_001,
    share: 0.98,
  }
  expect(perMinuteOf(quotas, 'unlimited')).toBe(4_900)
  expect(perMinuteOf(quotas, 'limited')).toBe(1)
  expect(perDayOf(quotas, 'limited')).toBe(9_800)
})

it('knows no limit of a day for getwxacodeunlimit: only WeChat tells it', () => {
  expect(perDayOf(DEFAULT_QUOTAS, 'unlimited')).toBeNull()
})
