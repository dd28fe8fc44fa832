/**
 * Campaigns whose files can't be read, or make no sense, are set aside for a while and told of: the app's others go on. What is
 * away for all (Redis, the store) is thrown on.
 */
import { type AppId, type CampaignId, type Clock, isFault, isHalt } from '@sunpress/core'
import type { UpkeepObserver } from './parts.js'

const ASIDE_MS = 30_000

export interface Aside {
  has(id: CampaignId): boolean
  /** What `step` gives; null when it failed for what stands in this campaign's files. */
  unlessDamaged<T>(app: AppId, id: CampaignId, step: () => Promise<T>): Promise<T | null>
}

export function createAside(parts: {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly observer: Pick<UpkeepObserver, 'failed'>
}): Aside {
  const untilMs = new Map<CampaignId, number>()
  return {
    has: (id) => (untilMs.get(id) ?? Number.NEGATIVE_INFINITY) > parts.clock.monotonic(),
    async unlessDamaged(app, id, step) {
      try {
        return await step()
      } catch (fault) {
        if (!isOfTheCampaign(fault)) throw fault
        for (const [old, until] of untilMs) if (until <= parts.clock.monotonic()) untilMs.delete(old)
        untilMs.set(id, parts.clock.monotonic() + ASIDE_MS)
        parts.observer.failed(app, fault)
        return null
      }
    },
  }
}

/** A file that isn't what it ought to be, or holds what nobody expected; anything else is no fault of the campaign. */
export const isOfTheCampaign = (fault: unknown): boolean =>
  isHalt(fault) || (!isFault(fault) && fault instanceof TypeError && fault.cause === undefined)
