/**
 * The row that holds for each scene: a scene that was printed again has several, and the last one counts. Parts are read from the
 * last to the first, so that one bit a scene is all that has to be remembered.
 */
import type { CampaignId, FeedEvent } from '@sunpress/core'
import type { ManifestLedger } from '@sunpress/ledger'

export interface SeenBits {
  has(index: number): boolean
  add(index: number): void
}

export function createSeenBits(total: number): SeenBits {
  const bits = new Uint8Array(Math.ceil(total / 8))
  return {
    has: (index) => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0,
    add(index) {
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
    },
  }
}

/** The rows of one part that hold. */
export interface LastRowsOfPart {
  readonly firstN: number
  readonly rows: readonly FeedEvent[]
}

/** Adds each index to `seen` as its part is given. Rows that a retry has taken back count as if they weren't there. */
export async function* lastRowsByPart(
  manifests: ManifestLedger,
  id: CampaignId,
  seen: SeenBits,
  isTakenBack: (row: FeedEvent) => boolean = () => false,
): AsyncGenerator<LastRowsOfPart> {
  for (const firstN of (await manifests.listParts(id)).toReversed()) {
    const rows: FeedEvent[] = []
    for (const row of (await manifests.readPart(id, firstN)).toReversed()) {
      if (seen.has(row.index) || isTakenBack(row)) continue
      seen.add(row.index)
      rows.push(row)
    }
    yield { firstN, rows }
  }
}

export async function* lastRows(
  manifests: ManifestLedger,
  id: CampaignId,
  seen: SeenBits,
  isTakenBack?: (row: FeedEvent) => boolean,
): AsyncGenerator<FeedEvent> {
  for await (const { rows } of lastRowsByPart(manifests, id, seen, isTakenBack)) yield* rows
}
