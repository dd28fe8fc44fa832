/**
 * Divides a lane's window among its campaigns. Higher priority first, for as much as it can use; of the same priority, each the
 * same. An eighth is kept for those of lower priority, by weight, and goes to the front of the lane: nobody starves. Pure.
 */
import type { CampaignId } from '@sunpress/core'

export interface Claim {
  readonly id: CampaignId
  readonly priority: number
  /** Scenes that could stand in the lane: those that do, and those still to be fed. */
  readonly wants: number
}

export interface Share {
  readonly scenes: number
  /** So many of them, the first ones, go as if the campaign had the highest priority in the lane. */
  readonly ahead: number
}

/** Of the window, for campaigns of lower priority. */
export const KEPT_BACK = 1 / 8

/** Claims of the same priority stand in the order in which they are served when there isn't one scene for each. */
export function shareWindow(window: number, claims: readonly Claim[]): Map<CampaignId, Share> {
  const wanting = claims.filter(({ wants }) => wants > 0)
  const top = wanting.reduce((most, { priority }) => Math.max(most, priority), 0)
  const lower = wanting.filter(({ priority }) => priority < top)
  const kept = Math.min(Math.floor(window * KEPT_BACK), sum(lower.map(({ wants }) => wants)))
  const ahead = divide(kept, lower, ({ priority }) => priority)
  const scenes = new Map(ahead)
  let left = window - sum([...ahead.values()])
  for (const priority of [...new Set(wanting.map((claim) => claim.priority))].sort((a, b) => b - a)) {
    const rest = wanting
      .filter((claim) => claim.priority === priority)
      .map((claim) => ({ ...claim, wants: claim.wants - (ahead.get(claim.id) ?? 0) }))
    for (const [id, more] of divide(left, rest, () => 1)) {
      scenes.set(id, (scenes.get(id) ?? 0) + more)
      left -= more
    }
  }
  return new Map(wanting.map(({ id }) => [id, { scenes: scenes.get(id) ?? 0, ahead: ahead.get(id) ?? 0 }]))
}

/** Nobody gets more than it wants; what one leaves goes to the others. */
function divide(
  amount: number,
  claims: readonly Claim[],
  weightOf: (claim: Claim) => number,
): Map<CampaignId, number> {
  const given = new Map<CampaignId, number>()
  let left = amount
  for (let open = claims.filter(({ wants }) => wants > 0); left > 0 && open.length > 0; ) {
    const weights = sum(open.map(weightOf))
    const round = left
    for (const claim of open) {
      const fair = Math.max(1, Math.floor((round * weightOf(claim)) / weights))
      const more = Math.min(left, fair, claim.wants - (given.get(claim.id) ?? 0))
      given.set(claim.id, (given.get(claim.id) ?? 0) + more)
      left -= more
    }
    open = open.filter((claim) => claim.wants > (given.get(claim.id) ?? 0))
  }
  return given
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
