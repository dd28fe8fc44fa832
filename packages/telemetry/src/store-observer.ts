import type { ObserverParts } from './observers.js'

export interface StoreObserver {
  /** Pictures can't be stored: no call is made from now on. */
  broke(fault: unknown): void
  mended(): void
}

export function observeStore({ metrics, logger }: Pick<ObserverParts, 'metrics' | 'logger'>): StoreObserver {
  const log = logger.child({ part: 'store' })
  return {
    broke(fault) {
      metrics.count('storeBreaks', {})
      log.warn({ fault }, "pictures can't be stored: no call is made")
    },
    mended: () => log.info('pictures can be stored again'),
  }
}
