/**
 * Which scenes a retry means: those whose last closed row is a refusal that it names, and that no retry before it has taken out. Reads
 * every part that may hold a refusal, some at a step, and keeps a bit a scene: at a hundred million rows it takes thousands of
 * steps, and an app is fed between them.
 */
import {
  type CampaignRecord,
  type Clock,
  type ControlRecord,
  type FeedEvent,
  isRetried,
  type RefusedEvent,
} from '@sunpress/core'
import { missingRow, type RetriedScenes } from '@sunpress/ledger'
import { clearBit, newBits, setBit } from './bits.js'
import type { UpkeepParts } from './parts.js'
import { takeThose } from './progress.js'

export interface RefusedSearch {
  /**
   * Reads on, for as long as a step may take. The scenes, when row `upTo` is reached, which is the last one of a part; null until then.
   * Rows that are closed meanwhile are read by a later step, with a larger `upTo`. Throws HaltFault where a row is lost.
   */
  step(upTo: number): Promise<Buffer | null>
}

/** Of a step: some 50 MB. */
export const PARTS_A_STEP = 32
const STEP_MS = 500
/** So many parts are in memory, about 5 MB each. */
const AT_ONCE = 4

type SearchParts = Pick<UpkeepParts, 'manifests' | 'bits'> & { readonly clock: Pick<Clock, 'monotonic'> }

/** What is known of the ledger before the first part is read. */
interface Known {
  /** First numbers of parts; those that are closed meanwhile follow on. */
  readonly firsts: readonly number[]
  /** Behind which row a part ends that holds no refusal, by its first number. */
  readonly ends: ReadonlyMap<number, number>
  /** Retries that no row read so far has come behind. */
  readonly left: RetriedScenes[]
}

export function createRefusedSearch(
  parts: SearchParts,
  campaign: Pick<CampaignRecord, 'id' | 'total'>,
  which: ControlRecord,
): RefusedSearch {
  const { manifests, clock } = parts
  const meant = newBits(campaign.total)
  let known: Known | null = null
  /** The last row that was looked at. */
  let n = 0
  /** Of `known.firsts`. */
  let place = 0

  const take = (rows: readonly FeedEvent[], { left }: Known): void => {
    for (const row of rows) {
      for (const { scenes } of takeThose(left, row.n)) scenes.each((index) => clearBit(meant, index))
      if (isRefusal(row) && isRetried(which, row)) setBit(meant, row.index)
      else clearBit(meant, row.index)
      n = row.n
    }
  }

  /** The parts to be read next: what is not among those known follows on behind the last row. */
  const nextFirsts = ({ firsts, ends }: Known, upTo: number): number[] => {
    for (let end = ends.get(n + 1); end !== undefined && end <= upTo; end = ends.get(n + 1)) n = end
    while ((firsts[place] ?? Number.POSITIVE_INFINITY) <= n) place++
    if (firsts[place] !== n + 1) return n < upTo ? [n + 1] : []
    const next: number[] = []
    for (let at = place; next.length < AT_ONCE; at++) {
      const firstN = firsts[at]
      if (firstN === undefined || firstN > upTo || (next.length > 0 && ends.has(firstN))) break
      next.push(firstN)
    }
    return next
  }

  return {
    async step(upTo) {
      known ??= await readKnown(parts, campaign, which)
      const startedMs = clock.monotonic()
      for (let read = 0; ; ) {
        const firsts = nextFirsts(known, upTo)
        if (firsts.length === 0) break
        if (read >= PARTS_A_STEP || clock.monotonic() - startedMs > STEP_MS) return null
        const found = await Promise.all(firsts.map((firstN) => manifests.readPart(campaign.id, firstN)))
        for (const [at, rows] of found.entries()) {
          if (firsts[at] !== n + 1) missingRow(campaign.id, n + 1)
          take(rows, known)
        }
        read += firsts.length
      }
      const scenes = Buffer.from(meant)
      for (const retry of known.left) retry.scenes.each((index) => clearBit(scenes, index))
      return scenes
    },
  }
}

/** A scene that was refused has no further row but behind a retry: a part without a refusal changes nothing. */
async function readKnown(
  { manifests, bits }: SearchParts,
  { id, total }: Pick<CampaignRecord, 'id' | 'total'>,
  { seq }: ControlRecord,
): Promise<Known> {
  const index = await manifests.readIndex(id)
  const none = (index?.parts ?? []).filter(({ refused }) => refused === 0)
  return {
    firsts: await manifests.listParts(id),
    ends: new Map(none.map(({ firstN, rows }) => [firstN, firstN + rows - 1])),
    left: (await bits.readRetries(id, total)).filter((retry) => retry.seq < seq),
  }
}

const isRefusal = (row: FeedEvent): row is RefusedEvent => row.type === 'code.refused'
