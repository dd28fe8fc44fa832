/**
 * How far uploads have come, for those who look: a campaign exists when its campaign.json does, and until then this is all
 * there is of it. Kept for half a minute after the last part; what Redis forgets here is no loss.
 */
import type { AppId, CampaignId } from '@sunpress/core'
import { asking, planningKey } from '@sunpress/redis'
import type { Redis } from 'ioredis'

export interface PlannedCampaign {
  readonly id: CampaignId
  readonly app: AppId
  readonly name: string
  readonly priority: number
  /** ISO 8601: when the upload began. */
  readonly createdAt: string
  /** Read so far. */
  readonly rows: number
}

export interface PlanningBoard {
  note(campaign: PlannedCampaign): Promise<void>
  read(id: CampaignId): Promise<PlannedCampaign | null>
  forget(id: CampaignId): Promise<void>
}

const STAYS_MS = 30_000

export function createPlanningBoard({
  redis,
  namespace,
}: {
  redis: Redis
  namespace: string
}): PlanningBoard {
  return {
    async note(campaign) {
      await asking(() =>
        redis.set(planningKey(namespace, campaign.id), JSON.stringify(campaign), 'PX', STAYS_MS),
      )
    },
    async read(id) {
      const text = await asking(() => redis.get(planningKey(namespace, id)))
      return text === null ? null : (JSON.parse(text) as PlannedCampaign)
    },
    async forget(id) {
      await asking(() => redis.del(planningKey(namespace, id)))
    },
  }
}
