/** How long a token is used, and when the next one is fetched. Pure. */

export interface TokenPlan {
  readonly usableMs: number
  readonly renewAfterMs: number
}

const MARGIN_MS = 60_000
const AHEAD_MS = { least: 230_000, spread: 60_000 }

/**
 * stable_token gives another token only in the last five minutes of one, and both work in them: asking before is in vain.
 * Lifetimes too short for these figures keep their order. `renewAfterMs`: sooner, where the lifetime is a guess.
 */
export function planToken(lifetimeMs: number, random: number, renewAfterMs = Infinity): TokenPlan {
  const margin = Math.min(MARGIN_MS, lifetimeMs * 0.1)
  const ahead = Math.min(AHEAD_MS.least + AHEAD_MS.spread * random, lifetimeMs * 0.25)
  return { usableMs: lifetimeMs - margin, renewAfterMs: Math.min(lifetimeMs - ahead, renewAfterMs) }
}
