/**
 * Closed rows by their number, at a cost that does not grow with the number of parts: a part follows where the one before it ends;
 * any other place is one that was read lately, or stands in the index that a campaign's end wrote, or is found by a short list.
 */
import type { CampaignId, FeedEvent } from '@sunpress/core'
import { type ManifestLedger, ROWS_PER_MANIFEST_PART } from '@sunpress/ledger'
import { createKept } from '../keep.js'
import { type KnownParts, knownParts } from './known-parts.js'

export interface PartBook {
  /** Rows of the closed part that holds row `n`; null when none does. `isFirst`: when one does, it begins with that row. */
  rowsAt(id: CampaignId, n: number, isFirst: boolean): Promise<readonly FeedEvent[] | null>
  /** KnownParts.passOver, for whoever looks for refusals from row `n` on; as of an end of the campaign, where it had one. */
  passing(id: CampaignId, n: number): Promise<KnownParts['passOver']>
  /** Does the ledger know of closed rows behind row `n`, which nobody could read? `unknown`: no end of it was written down. */
  isBehind(id: CampaignId, n: number): Promise<boolean | 'unknown'>
  /** The same where no end was written down: one lost part is noticed, since the next one is not far. */
  hasPartBehind(id: CampaignId, n: number): Promise<boolean>
}

/** Parsed, about 5 MB each. */
const PARTS_KEPT = 8
/** Half a MB each, of a hundred million rows. */
const INDEXES_KEPT = 16
/** Places in a campaign, one for each of those that read it at the same time. */
const PLACES_KEPT = 64
const CAMPAIGNS_KEPT = 1_000

interface Place {
  readonly firstN: number
  readonly lastN: number
}

export function createPartBook(manifests: ManifestLedger): PartBook {
  const parts = createKept<readonly FeedEvent[]>(PARTS_KEPT)
  const indexes = new Map<CampaignId, KnownParts>()
  const places = new Map<CampaignId, readonly Place[]>()

  const note = (id: CampaignId, place: Place): void => {
    const others = (places.get(id) ?? []).filter(({ firstN }) => firstN !== place.firstN)
    places.delete(id)
    places.set(id, [...others, place].slice(-PLACES_KEPT))
    forgetOldest(places, CAMPAIGNS_KEPT)
  }

  /** Read again where it ends before `n`: the campaign may have ended once more since then. */
  const indexTo = async (id: CampaignId, n: number): Promise<KnownParts | null> => {
    const there = indexes.get(id)
    if (there !== undefined && n <= there.lastN) return there
    const index = await manifests.readIndex(id)
    if (index === null) return there ?? null
    const known = knownParts(index)
    indexes.delete(id)
    indexes.set(id, known)
    forgetOldest(indexes, INDEXES_KEPT)
    return known
  }

  const find = async (id: CampaignId, n: number): Promise<number | null> => {
    if (n === 1) return 1
    const place = places.get(id)?.find(({ firstN, lastN }) => firstN <= n && n <= lastN)
    if (place !== undefined) return place.firstN
    return (await indexTo(id, n))?.partOf(n) ?? (await manifests.findPart(id, n))
  }

  return {
    async rowsAt(id, n, isFirst) {
      const firstN = isFirst ? n : await find(id, n)
      if (firstN === null) return null
      const rows = await parts.get(`${id}/${firstN}`, () => manifests.readPartAt(id, firstN))
      const lastN = rows?.at(-1)?.n
      if (lastN === undefined) return null
      note(id, { firstN, lastN })
      return n <= lastN ? rows : null
    },
    async passing(id, n) {
      return (await indexTo(id, n))?.passOver ?? ((row) => row - 1)
    },
    async isBehind(id, n) {
      const known = await indexTo(id, n)
      return known === null ? 'unknown' : n < known.lastN
    },
    hasPartBehind: async (id, n) => (await manifests.findPart(id, n + ROWS_PER_MANIFEST_PART)) !== null,
  }
}

function forgetOldest(kept: Map<CampaignId, unknown>, most: number): void {
  const [oldest] = kept.keys()
  if (kept.size > most && oldest !== undefined) kept.delete(oldest)
}
