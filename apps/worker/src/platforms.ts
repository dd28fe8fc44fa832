/** The third-party platforms of a worker: tokens of their merchants, and the merchants as they come and go. */
import type { Clock } from '@sunpress/core'
import type { HttpClient } from '@sunpress/http'
import { createVault } from '@sunpress/ledger'
import type { Redis } from '@sunpress/redis'
import type { Defer, OpenAppBook, WorkerConfig } from '@sunpress/runtime'
import type { ConfiguredStores } from '@sunpress/storage'
import type { Logger } from '@sunpress/telemetry'
import { type CallObserver, createMerchantWatch, createPlatforms, type PlatformBook } from '@sunpress/wechat'

export interface PlatformBase {
  readonly config: WorkerConfig
  readonly apps: OpenAppBook
  readonly logger: Logger
  readonly clock: Clock
  readonly commands: Redis
  readonly stores: Pick<ConfiguredStores, 'records'>
  readonly defer: Defer
}

/** undefined without SUNPRESS_SECRET_KEY: then no platform can be configured. Knows the merchants when it resolves. */
export async function startPlatforms(
  { config, apps, logger, clock, commands: redis, stores, defer }: PlatformBase,
  http: HttpClient,
  observer: CallObserver,
): Promise<PlatformBook | undefined> {
  const { namespace, secretKey } = config
  if (secretKey === null) return undefined
  const log = logger.child({ part: 'platforms' })
  const platforms = createPlatforms({
    ...{ http, redis, namespace, clock, observer },
    random: Math.random,
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
  return platforms
}
