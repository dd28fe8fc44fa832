/** WeChat's days: they turn at midnight in Shanghai, which is 8 h ahead of UTC all year. The Lua scripts count alike. Pure. */

const DAY_MS = 86_400_000
const AHEAD_MS = 8 * 3_600_000

/** Days since 1970 in Shanghai. */
export const dayOf = (epochMs: number): number => Math.floor((epochMs + AHEAD_MS) / DAY_MS)

/** `2026-11-20`. */
export const dayName = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
