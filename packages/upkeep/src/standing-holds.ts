/** The holds of an app, asked as feeding asks them. Pure. */
import type { CampaignId, EnvVersion, Hold, Lane } from '@sunpress/core'

export interface StandingHolds {
  /** The hold that stops a lane: its own or its app's, whichever lasts longer. */
  ofLane(lane: Lane): Hold | null
  ofCampaign(id: CampaignId): Hold | null
  ofPage(page: string | null, envVersion: EnvVersion): Hold | null
  /** Is any page held? Otherwise no row needs to be looked at. */
  readonly anyPage: boolean
  /** Another text when other pages are held. */
  readonly pages: string
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
    ofPage: (page, envVersion) => pages.get(pageName(page ?? '', envVersion)) ?? null,
    anyPage: pages.size > 0,
    pages: [...pages.keys()].sort().join('\n'),
  }
}

export const NO_HOLDS: StandingHolds = standingHolds([], 0)

const pageName = (page: string, envVersion: EnvVersion): string => `${envVersion} ${page}`

interface Held {
  /** null: it does not exist yet. */
  readonly id: CampaignId | null
  readonly lane: Lane
  readonly page: string | null
  readonly envVersion: EnvVersion
}

/** Of a campaign as a whole: that of its lane, its own, or that of its look's page, whichever lasts longest. */
export const holdOf = (holds: StandingHolds, campaign: Held): Hold | null =>
  longer(holds.ofLane(campaign.lane), ownHoldOf(holds, campaign))

/** Its own, or that of its look's page, whichever lasts longer. */
export const ownHoldOf = (holds: StandingHolds, { id, lane, page, envVersion }: Held): Hold | null =>
  longer(
    id === null ? null : holds.ofCampaign(id),
    lane === 'unlimited' ? holds.ofPage(page, envVersion) : null,
  )

/** What has no end of its own waits for somebody, and lasts longest. */
export const endOf = ({ target, untilMs }: Hold): number =>
  target.scope === 'campaign' ? Number.POSITIVE_INFINITY : untilMs

function longer(one: Hold | null, other: Hold | null): Hold | null {
  if (one === null || other === null) return one ?? other
  return endOf(one) >= endOf(other) ? one : other
}
