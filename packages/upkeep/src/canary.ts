/**
 * A campaign with a canary pauses when its first scenes have ended, until somebody has looked at them: by a `pause` in its control
 * log, written once. The `resume` that follows lets all the rest go.
 */
import type { CampaignId, ControlRecord } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { applyLog } from './apply-log.js'
import { DONE, ended, type StepEnd, type UpkeepParts, whyUnfit } from './parts.js'
import type { Aside } from './set-aside.js'

export interface Canaries {
  /** Pauses those whose canary has ended. */
  step(leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd>
  /** Scenes that it may still pass; infinite without a canary, and once its canary was looked at. */
  leftOf(campaign: CampaignIndex): number
}

export function createCanaries(
  parts: Pick<UpkeepParts, 'campaigns' | 'index' | 'clock'>,
  aside: Aside,
): Canaries {
  const { campaigns, index, clock } = parts
  /** Whose pause stands in the log. */
  const paused = new Set<CampaignId>()

  const pause = async (leader: Leadership, campaign: CampaignIndex): Promise<StepEnd> => {
    // A snapshot may run what somebody has cancelled.
    const unfit = await whyUnfit(parts, leader)
    if (unfit !== null) return unfit
    const at = new Date(clock.now()).toISOString()
    await campaigns.appendControl(campaign.id, { command: 'pause', reason: 'canary' }, at, isPausedByCanary)
    // By the log as a whole: the pause may have been there already, and a resume behind it.
    const log = await campaigns.readControl(campaign.id)
    if ((await applyLog({ index }, leader, campaign, log)) === 'rebuild') return ended('no_generation')
    paused.add(campaign.id)
    return DONE
  }

  return {
    async step(leader, open) {
      for (const campaign of open.filter((one) => isOver(one) && !paused.has(one.id))) {
        if (aside.has(campaign.id)) continue
        const end = await aside.unlessDamaged(leader.app, campaign.id, () => pause(leader, campaign))
        if (end !== null && !end.ok) return end
      }
      return DONE
    },
    leftOf(campaign) {
      const { canary, counts, fed, n, base } = campaign
      if (canary === null || paused.has(campaign.id)) return Number.POSITIVE_INFINITY
      return Math.max(0, canary - (counts.published + counts.refused) - (fed - (n - base)))
    },
  }
}

const isPausedByCanary = (log: readonly ControlRecord[]): boolean =>
  log.some(({ command, reason }) => command === 'pause' && reason === 'canary')

const isOver = ({ state, canary, counts }: CampaignIndex): boolean =>
  canary !== null && state === 'running' && counts.pending > 0 && counts.published + counts.refused >= canary
