/** What the book of apps says: new secrets are scrubbed from now on, before anything is logged. */
import type { AppsFile } from '@sunpress/core'
import type { Logger } from './logger.js'
import { type Scrub, secretsIn } from './scrub.js'

export interface AppsObserver {
  changed(all: AppsFile): void
  rejected(fault: Error): void
}

export function observeApps(logger: Logger, scrub: Scrub): AppsObserver {
  const log = logger.child({ part: 'apps' })
  return {
    changed(all) {
      for (const secret of secretsIn(all)) scrub.register(secret)
      log.info({ apps: all.apps.length }, 'the apps have changed')
    },
    rejected: (fault) =>
      log.error({ fault }, 'the changed apps file is not taken: what held before holds on'),
  }
}
