/** What a campaign still wants of its lane, by its counts and by what was found to want no job now. Pure. */
import { type CampaignIndex, outstandingOf } from '@sunpress/feed'
import type { Claim } from './share-window.js'

export interface Backlog {
  /** Jobs that the lane ought to hold of it. */
  expectedOf(campaign: CampaignIndex): number
  /** All that may be fed, its canary or the whole, has ended but for what was parked: that has one more round. */
  isLastRoundDue(campaign: CampaignIndex): boolean
  /** All was fed, and yet something is pending: whatever the counts say, it wants to be sent again. */
  hasUnsent(campaign: CampaignIndex): boolean
  claimOf(campaign: CampaignIndex): Claim
}

/** `asideOf`: scenes below the cursor whose page is held. `leftOfCanary`: scenes that the cursor may still pass. */
export function createBacklog(
  asideOf: (id: CampaignIndex['id']) => number,
  leftOfCanary: (campaign: CampaignIndex) => number,
): Backlog {
  const expectedOf = (campaign: CampaignIndex): number =>
    Math.max(0, outstandingOf(campaign) - asideOf(campaign.id))
  /** Neither done nor parked nor held. */
  const leftOf = ({ id, counts, parked }: CampaignIndex): number => counts.pending - parked - asideOf(id)
  const isAllFed = ({ cursor, counts }: CampaignIndex): boolean => cursor >= counts.total
  /** Parked scenes are of the canary as well: it would wait for them for ever. */
  const isCanaryParked = (campaign: CampaignIndex): boolean =>
    leftOfCanary(campaign) <= 0 && expectedOf(campaign) === 0
  return {
    expectedOf,
    isLastRoundDue: (campaign) =>
      campaign.parked > 0 && (isAllFed(campaign) ? leftOf(campaign) <= 0 : isCanaryParked(campaign)),
    hasUnsent: (campaign) => isAllFed(campaign) && leftOf(campaign) > 0,
    claimOf: (campaign) => ({
      id: campaign.id,
      priority: campaign.priority,
      wants: expectedOf(campaign) + Math.min(campaign.counts.total - campaign.cursor, leftOfCanary(campaign)),
    }),
  }
}
