/** What the leader of an app did: rare events are logged, scenes that it published itself are counted. */
import type { Lane } from '@sunpress/core'
import type { Logger } from './logger.js'
import type { Metrics } from './metrics.js'

interface Leader {
  readonly app: string
}

export interface UpkeepEvents {
  rebuilt(leader: Leader, why: string, campaigns: number): void
  finished(leader: Leader, campaign: string, state: string): void
  failed(app: string, fault: unknown): void
  resent(leader: Leader, lane: Lane, scenes: number): void
  /** Published with pictures that the store held, without a job. */
  reused(leader: Leader, scenes: number): void
}

export function observeUpkeep({ logger, metrics }: { logger: Logger; metrics: Metrics }): UpkeepEvents {
  const log = logger.child({ part: 'upkeep' })
  return {
    // A new installation begins with a rebuild of nothing.
    rebuilt: ({ app }, why, campaigns) =>
      log[campaigns === 0 ? 'info' : 'warn']({ app, why, campaigns }, 'index rebuilt'),
    finished: ({ app }, campaign, state) => log.info({ app, campaign, state }, 'campaign ended'),
    failed: (app, fault) => log.warn({ app, fault }, 'turn of upkeep failed'),
    resent: ({ app }, lane, scenes) => log.info({ app, lane, scenes }, 'scenes sent again'),
    reused: ({ app }, scenes) => {
      if (scenes > 0) metrics.count('scenes', { app, outcome: 'reused' }, scenes)
    },
  }
}
