/** What the leader of an app did: rare events, so all of them are logged. */
import type { Lane } from '@sunpress/core'
import type { Logger } from './logger.js'

interface Leader {
  readonly app: string
}

export interface UpkeepEvents {
  rebuilt(leader: Leader, why: string, campaigns: number): void
  finished(leader: Leader, campaign: string, state: string): void
  failed(app: string, fault: unknown): void
  resent(leader: Leader, lane: Lane, scenes: number): void
}

export function observeUpkeep(logger: Logger): UpkeepEvents {
  const log = logger.child({ part: 'upkeep' })
  return {
    // A new installation begins with a rebuild of nothing.
    rebuilt: ({ app }, why, campaigns) =>
      log[campaigns === 0 ? 'info' : 'warn']({ app, why, campaigns }, 'index rebuilt'),
    finished: ({ app }, campaign, state) => log.info({ app, campaign, state }, 'campaign ended'),
    failed: (app, fault) => log.warn({ app, fault }, 'turn of upkeep failed'),
    resent: ({ app }, lane, scenes) => log.info({ app, lane, scenes }, 'scenes sent again'),
  }
}
