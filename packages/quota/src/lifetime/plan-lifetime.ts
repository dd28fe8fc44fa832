/** What a campaign of the limited lane would take of a lifetime's quota, before it is created. */
import type { AppId } from '@sunpress/core'
import type { CountedItem } from './parameter-set.js'
import type { Tally } from './tally.js'

export interface LifetimePlan {
  /** Rows that WeChat counts nothing for: made before, or named twice here. */
  readonly known: number
  /** Distinct sets that would be new. */
  readonly fresh: number
  readonly usedAfter: number
  /** The quota itself. */
  readonly limit: number
  /** False when there were so many new ones that the rest was not looked at: `fresh` and `known` are at least so many. */
  readonly whole: boolean
}

/** A campaign may bring an app to this part of its lifetime's quota, unless somebody says otherwise. */
export const GUARD_SHARE = 0.95

/** Whether a campaign may begin: it adds nothing new, or stays below the share. */
export const withinGuard = ({ fresh, usedAfter, limit }: LifetimePlan, share = GUARD_SHARE): boolean =>
  fresh === 0 || usedAfter <= Math.floor(limit * share)

const CHUNK = 1_000
const PATIENCE_MS = 30_000

/** Memory is bounded by the limit: beyond it a plan is refused anyhow, and reading ends. */
export async function planSets(
  tally: Tally,
  app: AppId,
  sets: AsyncIterable<CountedItem> | Iterable<CountedItem>,
  limit: number,
): Promise<LifetimePlan> {
  let { used } = await tally.read(app, PATIENCE_MS)
  const fresh = new Set<string>()
  let known = 0
  for await (const keys of chunksOf(sets)) {
    const found = await tally.areKnown(app, keys)
    for (const [at, key] of keys.entries()) {
      if (found[at] === true || fresh.has(key)) known++
      else fresh.add(key)
    }
    if (fresh.size > limit) break
    // Loads the count again, should Redis have lost it: the next ones would all look new.
    used = (await tally.read(app, PATIENCE_MS)).used
  }
  const whole = fresh.size <= limit
  return { known, fresh: fresh.size, usedAfter: used + fresh.size, limit, whole }
}

async function* chunksOf(
  sets: AsyncIterable<CountedItem> | Iterable<CountedItem>,
): AsyncGenerator<readonly string[]> {
  let keys: string[] = []
  for await (const { key } of sets) {
    keys.push(key)
    if (keys.length < CHUNK) continue
    yield keys
    keys = []
  }
  if (keys.length > 0) yield keys
}
