/**
 * One walk over the ledger's open marks after another, a mark at a time. Each tells which campaigns it should have met and has not:
 * whoever closes a campaign in the moment of a retry takes its mark away for a moment, and may die in it.
 */
import type { CampaignId } from '@sunpress/core'
import type { CampaignLedger } from '@sunpress/ledger'

export interface OpenMarkWalk {
  /**
   * The next campaign that is marked; null: the walk has ended, and the next call begins another. `open`: those of the
   * leader’s app, as the index has them now. Throws as the ledger does; the next call begins another walk then, too.
   */
  next(open: readonly CampaignId[]): Promise<CampaignId | null>
  /** Of `open`, those that were open already when the walk that has just ended began, and that it did not meet. */
  missed(open: readonly CampaignId[]): CampaignId[]
}

export function createOpenMarkWalk(campaigns: Pick<CampaignLedger, 'listOpen'>): OpenMarkWalk {
  let marks: AsyncGenerator<CampaignId> | null = null
  let unmet = new Set<CampaignId>()
  return {
    async next(open) {
      if (marks === null) unmet = new Set(open)
      marks ??= campaigns.listOpen()
      const next = await marks.next().catch((fault: unknown) => {
        marks = null
        throw fault
      })
      if (next.done === true) marks = null
      else unmet.delete(next.value)
      return next.done === true ? null : next.value
    },
    missed: (open) => open.filter((id) => unmet.has(id)),
  }
}
