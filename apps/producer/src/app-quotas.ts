/** What is known of an app's quotas now: used and allowed, by minute, day and lifetime; nulls where nothing is known. */
import { type App, type AppId, isFault, LANES, type Lane, type UpstreamEndpoint } from '@sunpress/core'
import type { QuotaEngine } from '@sunpress/quota'
import type { QuotaReading } from '@sunpress/telemetry'

export interface QuotaParts extends Pick<QuotaEngine, 'limitOf'> {
  readonly find: (app: AppId) => App | undefined
  readonly permits: Pick<QuotaEngine['permits'], 'usage' | 'readHolds'>
  readonly lifetime: Pick<QuotaEngine['lifetime'], 'read'>
  readonly observed: Pick<QuotaEngine['observed'], 'othersUse'>
}

/** The endpoint whose own count is looked at for what others use. */
const COUNTED: Readonly<Record<Lane, UpstreamEndpoint>> = {
  unlimited: 'getwxacodeunlimit',
  limited: 'getwxacode',
}

export const quotasReader =
  (parts: QuotaParts) =>
  async (app: AppId): Promise<QuotaReading> => {
    const [lanes, lifetime, holds] = await Promise.all([
      Promise.all(LANES.map((lane) => readLane(parts, app, lane))),
      orNull(parts.lifetime.read(app)),
      orNull(parts.permits.readHolds(app)),
    ])
    return {
      app,
      lanes,
      lifetime: lifetime === null ? null : { used: lifetime.used, limit: lifetime.refusedFrom },
      holds: holds === null ? null : holds.map(({ target, reason }) => ({ scope: target.scope, reason })),
    }
  }

async function readLane(
  { permits, observed, limitOf }: QuotaParts,
  app: AppId,
  lane: Lane,
): Promise<QuotaReading['lanes'][number]> {
  const usage = await orNull(permits.usage(app, lane))
  return {
    lane,
    perMinute: { used: usage?.usedThisMinute ?? null, limit: limitOf(app, lane) },
    perDay: { used: usage?.usedToday ?? null, limit: usage?.dayLimit ?? null },
    rate: usage?.rate ?? null,
    usedByOthers: observed.othersUse(app, COUNTED[lane]),
  }
}

/** Redis being away costs the numbers, not the answer. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}
