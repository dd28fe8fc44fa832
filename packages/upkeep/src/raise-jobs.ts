/**
 * Brings jobs that wait in a lane to the priority that they are to have now: all of a campaign whose priority was changed, and
 * the first few of one that others go before, so that it doesn't starve behind them.
 */
import { type CampaignId, type Clock, type Lane, MAX_PRIORITY } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { UpkeepParts } from './parts.js'

/** Each one that is raised goes behind the others of its new priority: once is enough. */
const EVERY_MS = 1_000

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
  readonly raised: Set<number>
}

export function createJobRaiser(
  parts: Pick<UpkeepParts, 'index' | 'queues'> & { readonly clock: Clock },
): JobRaiser {
  const { index, queues, clock } = parts
  const known = new Map<CampaignId, Known>()
  const lastMs = new Map<Lane, number>()

  const firstOf = (leader: Leadership, { id, cursor, parked }: CampaignIndex, limit: number) =>
    index.unsetBits(leader.app, id, { from: 0, below: cursor, limit, unparked: parked > 0 })

  return {
    async raise(leader, lane, campaigns, window) {
      const last = lastMs.get(lane)
      if (last !== undefined && clock.monotonic() - last < EVERY_MS) return
      lastMs.set(lane, clock.monotonic())
      const top = campaigns.reduce((most, { campaign }) => Math.max(most, campaign.priority), 0)
      for (const { campaign, ahead } of campaigns) {
        const { id, priority } = campaign
        const mine = known.get(id) ?? { priority, raised: new Set<number>() }
        known.set(id, mine)
        if (mine.priority !== priority) {
          mine.priority = priority
          mine.raised.clear()
          await queues.prefer(leader.app, lane, id, await firstOf(leader, campaign, window), priority)
        }
        if (ahead === 0 || priority === MAX_PRIORITY) continue
        const first = await firstOf(leader, campaign, ahead)
        const news = first.filter((scene) => !mine.raised.has(scene))
        await queues.prefer(leader.app, lane, id, news, top)
        known.set(id, { priority, raised: new Set(first) })
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
