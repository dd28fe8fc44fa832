/** The holds of an app, asked as feeding asks them. Pure. */
import type { CampaignId, EnvVersion, Hold, Lane } from '@sunpress/core'

export interface StandingHolds {
  /** The hold that stops a lane: its own or its app's, whichever lasts longer. */
  ofLane(lane: Lane): Hold | null
  ofCampaign(id: CampaignId): Hold | null
  ofPage(page: string | null, envVersion: EnvVersion): Hold | null
  /** Is any page held? Otherwise no row needs to be looked at. */
  readonly anyPage: boolean
  /** By its name, see pageName. */
  isPageHeld(name: string): boolean
}

export function standingHolds(holds: readonly Hold[], nowMs: number): StandingHolds {
  const standing = holds.filter(({ untilMs }) => untilMs > nowMs)
  const pages = new Map<string, Hold>()
  const campaigns = new Map<CampaignId, Hold>()
  for (const hold of standing) {
    const { target } = hold
    if (target.scope === 'page') pages.set(pageName(target.page.page, target.page.envVersion), hold)
    if (target.scope === 'campaign') campaigns.set(target.campaign, hold)
  }
  return {
    ofLane(lane) {
      const mine = standing.filter(
        ({ target }) => target.scope === 'app' || (target.scope === 'lane' && target.lane === lane),
      )
      return mine.reduce<Hold | null>(longer, null)
    },
    ofCampaign: (id) => campaigns.get(id) ?? null,
    ofPage: (page, envVersion) => pages.get(pageName(page, envVersion)) ?? null,
    anyPage: pages.size > 0,
    isPageHeld: (name) => pages.has(name),
  }
}

export const NO_HOLDS: StandingHolds = standingHolds([], 0)

export const pageName = (page: string | null, envVersion: EnvVersion): string => `${envVersion} ${page ?? ''}`

interface Held {
  /** null: it does not exist yet. */
  readonly id: CampaignId | null
  readonly lane: Lane
  readonly page: string | null
  readonly envVersion: EnvVersion
  /** Rows with a page of their own. */
  readonly ownPages: number
}

/** Of a campaign as a whole: that of its lane, or its own, whichever lasts longer. */
export const holdOf = (holds: StandingHolds, campaign: Held): Hold | null =>
  longer(holds.ofLane(campaign.lane), ownHoldOf(holds, campaign))

/**
 * Its own, or that of its look's page where no row is known to bring another one, whichever lasts longer. Rows that do go on:
 * those of the look's page wait one by one.
 */
export const ownHoldOf = (holds: StandingHolds, campaign: Held): Hold | null =>
  longer(
    campaign.id === null ? null : holds.ofCampaign(campaign.id),
    campaign.ownPages > 0 ? null : lookHoldOf(holds, campaign),
  )

/** That of its look's page: of a campaign as a whole, or of its rows without a page of their own. */
export const lookHoldOf = (
  holds: StandingHolds,
  { lane, page, envVersion }: Pick<Held, 'lane' | 'page' | 'envVersion'>,
): Hold | null => (lane === 'unlimited' ? holds.ofPage(page, envVersion) : null)

/** What has no end of its own waits for somebody, and lasts longest. */
export const endOf = ({ target, untilMs }: Hold): number =>
  target.scope === 'campaign' ? Number.POSITIVE_INFINITY : untilMs

function longer(one: Hold | null, other: Hold | null): Hold | null {
  if (one === null || other === null) return one ?? other
  return endOf(one) >= endOf(other) ? one : other
}
