/** The third-party platforms of a producer: WeChat pushes to it, and the list of merchants follows. */
import type { AppId, Clock, HoldTarget } from '@sunpress/core'
import { createVault } from '@sunpress/ledger'
import type { Redis } from '@sunpress/redis'
import type { Defer, OpenAppBook, ProducerConfig } from '@sunpress/runtime'
import type { ConfiguredStores } from '@sunpress/storage'
import type { Logger } from '@sunpress/telemetry'
import {
  createMerchantWatch,
  createPlatforms,
  createPushGate,
  type PlatformBook,
  type QuotaApiTerms,
} from '@sunpress/wechat'
import type { PushObserver, PushParts } from './take-push.js'

export interface PlatformBase {
  readonly config: ProducerConfig
  readonly apps: OpenAppBook
  readonly logger: Logger
  readonly clock: Clock
  readonly redis: Redis
  readonly stores: Pick<ConfiguredStores, 'records'>
  /** How WeChat is asked. */
  readonly terms: QuotaApiTerms
}

export interface StartedPlatforms {
  readonly platforms: PlatformBook
  readonly pushes: Omit<PushParts, 'authorised'>
}

/** undefined without SUNPRESS_SECRET_KEY: then no platform can be configured. */
export async function startPlatforms(
  base: PlatformBase,
  defer: Defer,
): Promise<StartedPlatforms | undefined> {
  const { config, apps, clock, redis, stores, terms } = base
  const { namespace, secretKey } = config
  if (secretKey === null) return undefined
  const log = base.logger.child({ part: 'platforms' })
  const platforms = createPlatforms({
    ...{ ...terms, clock, redis, namespace },
    components: () => apps.components(),
    vault: createVault(stores.records, secretKey),
  })
  const watch = createMerchantWatch({
    ...{ platforms, clock },
    onFault: (component, fault) => log.warn({ component, fault }, "a platform's merchants are not known"),
  })
  watch.onChange((component, merchants) => apps.setMerchants(component, merchants))
  await watch.start()
  defer(() => watch.stop())
  const pushes = { platforms, gate: createPushGate(redis, namespace), observer: observePushes(log) }
  return { platforms, pushes }
}

/** Ends what held a merchant's app for want of a token or a permission. */
export const liftAuthorised =
  (liftHold: (target: HoldTarget) => Promise<void>, logger: Logger) =>
  async (app: AppId): Promise<void> => {
    try {
      await liftHold({ scope: 'app', app })
    } catch (fault) {
      // It ends by itself a little later.
      logger.warn({ app, fault }, 'the hold of a merchant that authorised anew was not lifted')
    }
  }

export const observePushes = (log: Logger): PushObserver => ({
  pushed(component, kind, merchant) {
    if (kind === 'unreadable') {
      log.warn({ component }, 'a signed push could not be read: it has no effect')
      return
    }
    log.info(
      { component, kind, ...(merchant === null ? {} : { app: merchant }) },
      'WeChat told of a platform',
    )
  },
  // Anybody may send such a thing as often as he likes: it is no warning.
  refused: (component, why) => log.info({ component, why }, 'a push was refused'),
})
