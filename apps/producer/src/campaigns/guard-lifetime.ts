/**
 * The limited endpoints print 100,000 different codes in an app's lifetime, and no more: a campaign that would bring it near that is
 * refused, unless its request says otherwise. Looks at the rows as they stand in the ledger, before the campaign comes to be.
 */
import {
  type CampaignId,
  type Look,
  laneOf,
  lookWithPage,
  ROWS_PER_PART,
  type SceneRow,
} from '@sunpress/core'
import type { CampaignLedger } from '@sunpress/ledger'
import { type CountedItem, GUARD_SHARE, type LifetimePlan, parameterSet, withinGuard } from '@sunpress/quota'
import { invalid } from '../problem.js'
import type { CampaignDraft } from './campaign-request.js'

export interface GuardParts {
  readonly campaigns: Pick<CampaignLedger, 'readPart'>
  /** What these parameter sets would take of the app's lifetime. */
  readonly planLifetime: (
    app: CampaignDraft['app'],
    sets: AsyncIterable<CountedItem>,
  ) => Promise<LifetimePlan>
}

/** Throws Problem 422 `lifetime_quota`. */
export async function guardLifetime(
  { campaigns, planLifetime }: GuardParts,
  { app, look, lifetimeGuard }: CampaignDraft,
  { id, total }: { readonly id: CampaignId; readonly total: number },
): Promise<void> {
  if (laneOf(look.endpoint) !== 'limited' || lifetimeGuard === false) return
  const plan = await planLifetime(app, setsOf(campaigns, look, id, total))
  if (withinGuard(plan)) return
  const { fresh, usedAfter, limit, whole } = plan
  const most = Math.floor(limit * GUARD_SHARE)
  const message = `scenes: expected at most ${most} of the ${limit} codes of this app's lifetime to be used afterwards, got ${whole ? '' : 'at least '}${usedAfter}, ${fresh} of them new. lifetimeGuard=false makes the campaign all the same`
  throw invalid('The campaign would use up the lifetime quota of its app.', [
    { field: 'scenes', rule: 'lifetime_quota', value: usedAfter, message },
  ])
}

async function* setsOf(
  campaigns: GuardParts['campaigns'],
  look: Look,
  id: CampaignId,
  total: number,
): AsyncGenerator<CountedItem> {
  for (let part = 0; part * ROWS_PER_PART < total; part++) {
    const rows: readonly SceneRow[] = (await campaigns.readPart(id, part)) ?? []
    for (const { scene, page } of rows) yield parameterSet({ scene, look: lookWithPage(look, page) })
  }
}
