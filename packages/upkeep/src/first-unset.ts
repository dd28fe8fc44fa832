/**
 * Finds the first scenes of a campaign that have neither ended nor been parked, look after look. What a look has found is kept, and
 * that all else below a mark has ended: the next one reads what was found and what lies behind the mark, not all from the start.
 */
import type { CampaignIndex } from '@sunpress/feed'

/** By one campaign's index in one term: a leader begins each term with none. */
export interface Seen {
  /** Below it nothing is left but `unset`. */
  readonly mark: number
  /** Ascending. */
  readonly unset: readonly number[]
  /** What tells whether scenes below the mark may have been let go again. */
  readonly as: Standing
}

interface Standing {
  /** Rows that a retry took back: each one cleared a bit. */
  readonly takenBack: number
  readonly parked: number
  readonly lastRound: boolean
}

type Seeing = Pick<CampaignIndex, 'cursor' | 'n' | 'counts' | 'parked' | 'lastRound'>
type Range = { readonly from: number; readonly below: number; readonly limit: number }

/** Unset scenes so near to each other are read at once: half a kilobyte of bits lies between two at most. */
const NEAR_SCENES = 4_096

/** What still holds of it; nothing when a retry, a last round or another index has let scenes go again. */
export function seenStill(seen: Seen | null, campaign: Seeing): Seen {
  const as = standingOf(campaign)
  const holds =
    seen !== null &&
    seen.mark <= campaign.cursor &&
    seen.as.takenBack === as.takenBack &&
    seen.as.parked <= as.parked &&
    seen.as.lastRound === as.lastRound
  return holds ? { ...seen, as } : { mark: 0, unset: [], as }
}

const standingOf = ({ n, counts, parked, lastRound }: Seeing): Standing => ({
  takenBack: n - counts.published - counts.refused,
  parked,
  lastRound,
})

/** `read` gives the first unset scenes of a range. At least the first `limit` below the cursor are found, if there are so many. */
export async function lookOn(
  read: (range: Range) => Promise<readonly number[]>,
  seen: Seen,
  { cursor, limit }: { readonly cursor: number; readonly limit: number },
): Promise<Seen> {
  const runs = await Promise.all(runsOf(seen.unset).map(read))
  const unset = runs.flat()
  const left = limit - unset.length
  if (left <= 0 || seen.mark >= cursor) return { ...seen, unset }
  const more = await read({ from: seen.mark, below: cursor, limit: left })
  const last = more.at(-1)
  const mark = more.length < left || last === undefined ? cursor : last + 1
  return { ...seen, mark, unset: [...unset, ...more] }
}

/** Scenes that are near to each other, as ranges. */
function runsOf(scenes: readonly number[]): Range[] {
  const runs: Range[] = []
  let first: number | null = null
  for (const [at, scene] of scenes.entries()) {
    first ??= scene
    const next = scenes[at + 1]
    if (next !== undefined && next - scene <= NEAR_SCENES) continue
    runs.push({ from: first, below: scene + 1, limit: scene + 1 - first })
    first = null
  }
  return runs
}
