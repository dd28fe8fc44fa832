/**
 * Carries out a `retry` of the control log. Which scenes it means is decided once, by the closed rows, and stands in the ledger
 * before anything changes in the index: a rebuild, and a second leader, come to the same. Until it is decided, which may take
 * thousands of turns, the campaign goes on as it was; what is known by then is this leader's alone, and another one begins anew.
 */
import { type CampaignId, type CampaignRecord, type ControlRecord, isFault, isHalt } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { SceneSet } from '@sunpress/ledger'
import { newBits } from './bits.js'
import type { ManifestWriter } from './manifest-writer.js'
import { type Ended, ended, type UpkeepParts, whyUnfit } from './parts.js'
import { createRefusedSearch, type RefusedSearch } from './refused-search.js'

export interface Retries {
  /** Goes on with a command for as long as a turn may take: `under_way` when that was not enough. */
  step(
    leader: Leadership,
    campaign: CampaignRecord,
    command: ControlRecord,
  ): Promise<Ended | 'done' | 'under_way'>
  /** A campaign whose retry is under way: of several, the one that has waited longest. */
  next(): CampaignId | null
  forget(id: CampaignId): void
}

const SCENES_AT_ONCE = 1_000
/** Of a turn, for the index to be told. */
const CLEAR_MS = 200
/** Campaigns of one app; others wait until the reconciler comes by again. 12.5 MB of bits each, of a hundred million rows. */
const MOST_UNDER_WAY = 4

interface UnderWay {
  readonly seq: number
  readonly search: RefusedSearch
  /** What the ledger says that the retry means. */
  decided: SceneSet | null
  /** The first scene that the index was not told of. */
  uncleared: number
}

export function createRetries(parts: UpkeepParts, writer: Pick<ManifestWriter, 'closeNow'>): Retries {
  const { index, bits, clock, observer } = parts
  const underWay = new Map<CampaignId, UnderWay>()

  /** What passes costs a turn, and not what was read so far. */
  const readOn = async ({ app }: Leadership, search: RefusedSearch, upTo: number): Promise<Buffer | null> => {
    try {
      return await search.step(upTo)
    } catch (fault) {
      if (!isFault(fault) || isHalt(fault)) throw fault
      observer.failed(app, fault)
      return null
    }
  }

  /** null: it is not decided yet. */
  const decide = async (
    leader: Leadership,
    campaign: CampaignRecord,
    { seq, search }: UnderWay,
  ): Promise<SceneSet | Ended | 'over' | null> => {
    const { id, total } = campaign
    const known = await bits.readRetry(id, total, seq)
    if (known !== null) return known.scenes
    const before = await index.readCampaign(leader.app, id)
    if (before === null) return ended('unknown_campaign')
    if (hasEnded(before)) return 'over'
    if (hasRefused(before) && (await readOn(leader, search, before.closed)) === null) return null
    // Only now, so that a long search leaves no part for each of its turns.
    const end = await writer.closeNow(leader, id)
    if (!end.ok) return end
    const standing = await index.readCampaign(leader.app, id)
    if (standing === null) return ended('unknown_campaign')
    if (hasEnded(standing)) return 'over'
    const upTo = standing.closed
    const meant = hasRefused(standing) ? await readOn(leader, search, upTo) : newBits(total)
    if (meant === null) return null
    // It is decided for good: what a snapshot says of refused rows and closed ones may be older than the ledger.
    const unfit = await whyUnfit(parts, leader)
    return unfit ?? (await bits.writeRetry(id, total, { seq, upTo, bits: meant })).scenes
  }

  /** Tells the index of the scenes, a batch at a time; true when it has been told of all. */
  const clear = async (leader: Leadership, id: CampaignId, one: UnderWay, scenes: SceneSet) => {
    const startedMs = clock.monotonic()
    for (;;) {
      const some = scenes.from(one.uncleared, SCENES_AT_ONCE + 1)
      const [indexes, next] = [some.slice(0, SCENES_AT_ONCE), some[SCENES_AT_ONCE] ?? null]
      const batch = { seq: one.seq, first: indexes[0] ?? 0, next, indexes }
      const answer = await index.clearRefused(leader, id, batch)
      if (answer === 'fenced') return ended('fenced')
      if (answer === 'rebuild') return ended('no_generation')
      if (next === null) return true
      one.uncleared = next
      if (clock.monotonic() - startedMs > CLEAR_MS) return false
    }
  }

  const advance = async (leader: Leadership, campaign: CampaignRecord, one: UnderWay) => {
    if (one.decided === null) {
      const decided = await decide(leader, campaign, one)
      if (decided === 'over') return 'done'
      if (decided === null) return 'under_way'
      if ('ok' in decided) return decided
      one.decided = decided
    }
    const cleared = await clear(leader, campaign.id, one, one.decided)
    if (cleared === true) return 'done'
    return cleared === false ? 'under_way' : cleared
  }

  return {
    async step(leader, campaign, command) {
      const { id } = campaign
      const there = underWay.get(id)
      if (there === undefined && underWay.size >= MOST_UNDER_WAY) return 'under_way'
      const one = there?.seq === command.seq ? there : begin(parts, campaign, command)
      underWay.delete(id)
      underWay.set(id, one)
      try {
        const end = await advance(leader, campaign, one)
        if (end !== 'under_way') underWay.delete(id)
        return end
      } catch (fault) {
        underWay.delete(id)
        throw fault
      }
    },
    next: () => underWay.keys().next().value ?? null,
    forget: (id) => void underWay.delete(id),
  }
}

const begin = (parts: UpkeepParts, campaign: CampaignRecord, command: ControlRecord): UnderWay => ({
  seq: command.seq,
  search: createRefusedSearch(parts, campaign, command),
  decided: null,
  uncleared: 0,
})

/** A cancelled one has not, as long as its report isn't written. */
export const hasEnded = ({ finishedAt }: CampaignIndex): boolean => finishedAt !== null

/**
 * Any that a retry may mean: those of a campaign that was cancelled before it was decided stay as they are, unless the cancel had
 * nothing else to cancel.
 */
const hasRefused = ({ state, counts }: CampaignIndex): boolean =>
  counts.refused > 0 && (state !== 'cancelled' || counts.cancelled === 0)
