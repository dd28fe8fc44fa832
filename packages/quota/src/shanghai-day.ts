/** WeChat's days: they turn at midnight in Shanghai, which is 8 h ahead of UTC all year. The Lua scripts count alike. Pure. */
export { shanghaiDayOf as dayOf } from '@sunpress/core'

const DAY_MS = 86_400_000

/** `2026-11-20`. */
export const dayName = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
