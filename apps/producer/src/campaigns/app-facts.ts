/** What stops an app's campaigns, as they may all be asked for at once: known for a second. */
import type { AppId, Clock, Hold, Lane } from '@sunpress/core'
import type { FeedIndex } from '@sunpress/feed'
import type { LaneUse } from './lane-pace.js'
import type { AppFacts } from './prospects.js'

export interface FactsParts {
  readonly readHolds: (app: AppId) => Promise<readonly Hold[]>
  readonly readUse: (app: AppId, lane: Lane) => Promise<LaneUse>
  readonly index: Pick<FeedIndex, 'feedLength' | 'readOpen'>
  readonly clock: Pick<Clock, 'monotonic'>
}

const BELIEVED_MS = 1_000

/** null while Redis can't be asked. */
export function createFactsReader({
  readHolds,
  readUse,
  index,
  clock,
}: FactsParts): (app: AppId) => Promise<AppFacts | null> {
  const known = new Map<AppId, { readonly atMs: number; readonly facts: Promise<AppFacts | null> }>()
  const read = async (app: AppId): Promise<AppFacts | null> => {
    try {
      const [holds, feedLength, others, unlimited, limited] = await Promise.all([
        readHolds(app),
        index.feedLength(app),
        index.readOpen(app),
        readUse(app, 'unlimited'),
        readUse(app, 'limited'),
      ])
      return { holds, feedLength, others, lanes: { unlimited, limited } }
    } catch {
      return null
    }
  }
  return (app) => {
    const before = known.get(app)
    if (before !== undefined && clock.monotonic() - before.atMs < BELIEVED_MS) return before.facts
    const facts = read(app)
    known.set(app, { atMs: clock.monotonic(), facts })
    return facts
  }
}
