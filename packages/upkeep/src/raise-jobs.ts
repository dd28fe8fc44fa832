/**
 * Brings jobs that wait in a lane to the priority that they are to have now: all of a campaign whose priority was changed, and
 * the first few of one that others go before, so that it doesn't starve behind them.
 */
import { type CampaignId, type Clock, type Lane, MAX_PRIORITY } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { lookOn, type Seen, seenStill } from './first-unset.js'
import type { UpkeepParts } from './parts.js'

const EVERY_MS = 1_000
/** What was raised is not asked for again, until so long after: it may have been dropped, and sent again as one of its own priority. */
const AGAIN_MS = 30_000

export interface JobRaiser {
  /** `ahead`: so many of the campaign's first scenes go as those of priority `top`. */
  raise(
    leader: Leadership,
    lane: Lane,
    campaigns: readonly { campaign: CampaignIndex; ahead: number }[],
    window: number,
  ): Promise<void>
}

interface Known {
  priority: number
  raised: ReadonlySet<number>
  sinceMs: number
  seen: Seen
}

export function createJobRaiser(
  parts: Pick<UpkeepParts, 'index' | 'queues'> & { readonly clock: Clock },
): JobRaiser {
  const { index, queues, clock } = parts
  const known = new Map<CampaignId, Known>()
  const lastMs = new Map<Lane, number>()

  const firstOf = async (
    leader: Leadership,
    { id, cursor, parked }: CampaignIndex,
    mine: Known,
    limit: number,
  ): Promise<readonly number[]> => {
    const read = (range: { from: number; below: number; limit: number }) =>
      index.unsetBits(leader.app, id, { ...range, unparked: parked > 0 })
    mine.seen = await lookOn(read, mine.seen, { cursor, limit })
    return mine.seen.unset.slice(0, limit)
  }

  /** Looked at every time, be there something to raise or not: what tells that scenes were let go again may pass. */
  const knownOf = (campaign: CampaignIndex): Known => {
    const before = known.get(campaign.id)
    const seen = seenStill(before?.seen ?? null, campaign)
    const none = { priority: campaign.priority, raised: new Set<number>(), sinceMs: clock.monotonic() }
    const mine = { ...none, ...before, seen }
    known.set(campaign.id, mine)
    return mine
  }

  return {
    async raise(leader, lane, campaigns, window) {
      const last = lastMs.get(lane)
      if (last !== undefined && clock.monotonic() - last < EVERY_MS) return
      lastMs.set(lane, clock.monotonic())
      const top = campaigns.reduce((most, { campaign }) => Math.max(most, campaign.priority), 0)
      // What was commanded first: of the same priority, what is raised behind it goes behind it.
      for (const { campaign } of campaigns) {
        const { id, priority } = campaign
        const mine = knownOf(campaign)
        if (mine.priority === priority) continue
        mine.priority = priority
        mine.raised = new Set()
        const all = await firstOf(leader, campaign, mine, window)
        await queues.prefer(leader.app, lane, id, all, priority)
      }
      for (const { campaign, ahead } of campaigns) {
        const { id, priority } = campaign
        const mine = known.get(id)
        if (mine === undefined || ahead === 0 || priority === MAX_PRIORITY) continue
        if (clock.monotonic() - mine.sinceMs >= AGAIN_MS)
          Object.assign(mine, { raised: new Set(), sinceMs: clock.monotonic() })
        const first = await firstOf(leader, campaign, mine, ahead)
        const news = first.filter((scene) => !mine.raised.has(scene))
        // One that has no job yet, since a retry has just taken it back, is raised when it has.
        const found = new Set(await queues.prefer(leader.app, lane, id, news, top))
        mine.raised = new Set(first.filter((scene) => found.has(scene) || mine.raised.has(scene)))
      }
      forgetOthers(known, campaigns)
    },
  }
}

/** Campaigns that have ended, once there are many. */
function forgetOthers(
  known: Map<CampaignId, Known>,
  campaigns: readonly { readonly campaign: CampaignIndex }[],
): void {
  if (known.size <= 2 * campaigns.length + 1_000) return
  const open = new Set(campaigns.map(({ campaign }) => campaign.id))
  for (const id of known.keys()) if (!open.has(id)) known.delete(id)
}
