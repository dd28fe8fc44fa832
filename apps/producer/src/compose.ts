/** Builds every part of a producer, in order. Tests replace a part through `overrides`. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type App, type AppId, type Clock, type Lane, perMinuteOf, type WaitingReason } from '@sunpress/core'
import { createFeedIndex, createPlanningBoard, type FeedIndex } from '@sunpress/feed'
import { createCampaignLedger, createManifestLedger, createRequestLedger } from '@sunpress/ledger'
import { createLaneQueues } from '@sunpress/queue'
import { createPermits, type QuotaPermits } from '@sunpress/quota'
import { appKeys, checkServer, connectRedis, createLeases, describeServer, type Redis } from '@sunpress/redis'
import {
  createLifecycle,
  type Defer,
  type Lifecycle,
  listenOn,
  type ProducerConfig,
  systemClock,
} from '@sunpress/runtime'
import { type ConfiguredStores, openConfiguredStores } from '@sunpress/storage'
import {
  announceReady,
  createMetrics,
  type HealthVerdict,
  type Logger,
  type Metrics,
  observeRequests,
  observeUpkeep,
  startMetricsServer,
} from '@sunpress/telemetry'
import { createUpkeep, MOST_UNCLOSED } from '@sunpress/upkeep'
import { buildApp } from './app.js'
import type { ApiContext, TokenState } from './context.js'
import { createRunIdReader } from './run-id.js'
import { loadApiKeys } from './security/api-keys.js'
import { closeApi } from './server.js'

export interface ProducerParts {
  readonly config: ProducerConfig
  readonly apps: readonly App[]
  readonly logger: Logger
  readonly overrides?: ProducerOverrides
}

export interface ProducerOverrides {
  readonly clock?: Clock
  readonly metrics?: Metrics
  /** Another port of the API, or a look at every use of it. */
  readonly context?: (context: ApiContext) => ApiContext
  readonly onReady?: (addresses: { url: string; metricsUrl: string }) => void
}

export function composeProducer(parts: ProducerParts): Lifecycle {
  const lifecycle = createLifecycle()
  lifecycle.add('producer', (_stopping, defer) => start(parts, defer))
  return lifecycle
}

async function start({ config, apps, logger, overrides = {} }: ProducerParts, defer: Defer): Promise<void> {
  const clock = overrides.clock ?? systemClock
  const metrics = overrides.metrics ?? createMetrics({ role: 'producer', version: VERSION })
  const keys = config.apiKeysFile === null ? null : loadApiKeys(config.apiKeysFile)
  const stores = await openConfiguredStores(config, { clock })
  defer(() => stores.close())
  const redis = await connect(config, logger, defer)
  await stores.prove()

  const base = { config, apps, logger, metrics, clock, redis, stores }
  const { host } = config
  let draining = false
  const server = await startMetricsServer({
    metrics,
    liveness: () => ({ ok: true, why: null }),
    readiness: () => readiness(redis, draining),
    listen: (target) => listenOn(target, { host, ...config.metricsPort, name: 'METRICS_PORT' }),
  })
  defer(() => server.close())
  const context = { ...createContext(base), keys }
  startUpkeep(base, context, defer)
  const app = await buildApp(overrides.context?.(context) ?? context)
  defer((hurry) => closeApi(app, hurry))
  defer(() => {
    draining = true
  })
  await app.ready()
  const { url } = await listenOn(app.server, { host, ...config.port, name: 'PORT' })
  const addresses = { url, metricsUrl: `${server.url}/metrics` }
  announceReady(logger, addresses)
  overrides.onReady?.(addresses)
}

function readiness(redis: Redis, draining: boolean): HealthVerdict {
  const why = draining ? 'stopping' : redis.status === 'ready' ? null : 'Redis is away'
  return { ok: why === null, why }
}

interface Base {
  readonly config: ProducerConfig
  readonly apps: readonly App[]
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly redis: Redis
  readonly stores: ConfiguredStores
}

function createContext(base: Base): Omit<ApiContext, 'keys'> {
  const { config, apps, logger, metrics, clock, redis, stores } = base
  const { namespace, publicUrl } = config
  const { records, codes } = stores
  const byId = new Map(apps.map((app) => [app.appid, app]))
  // Asked about holds alone: the producer takes no permit.
  const permits = createPermits({ redis, namespace, clock, records, limitOf: () => 1 })
  const index = createFeedIndex({ redis, namespace })
  const log = logger.child({ part: 'api' })
  return {
    apps,
    codes,
    publicUrl,
    namespace,
    clock,
    // Two containers may have the same host name and the same process id.
    holder: `producer-${hostname()}-${process.pid}-${randomUUID()}`,
    campaigns: createCampaignLedger(records),
    manifests: createManifestLedger(records),
    requests: createRequestLedger(records),
    index,
    planning: createPlanningBoard({ redis, namespace }),
    leases: createLeases(redis),
    readHold: permits.readHold,
    waitingReasonOf: (app, lane) => waitingReasonOf(permits, index, app, lane),
    rateOf: (appid, lane) => {
      const app = byId.get(appid)
      return app === undefined ? null : perMinuteOf(app.quotas, lane)
    },
    tokenStateOf: (app) => tokenStateOf(redis, namespace, app),
    observer: {
      ...observeRequests({ metrics }),
      failed: (route, fault) => log.error({ route, fault }, 'a request failed'),
    },
  }
}

function startUpkeep(
  { apps, config, clock, redis, logger, stores }: Base,
  context: Omit<ApiContext, 'keys'>,
  defer: Defer,
) {
  const { namespace } = config
  const queues = createLaneQueues({ redis, namespace })
  defer(() => queues.close())
  const { holder, leases, index, campaigns, manifests } = context
  const readRunId = createRunIdReader(async () => (await describeServer(redis)).runId, clock)
  const observer = observeUpkeep(logger)
  const sweepTemporaries = stores.sweep
  const upkeep = createUpkeep({
    ...{ apps, holder, namespace, leases, index, campaigns, manifests, queues },
    ...{ readRunId, sweepTemporaries, clock, observer },
  })
  upkeep.start()
  defer(() => upkeep.stop())
}

async function connect({ redisUrl }: ProducerConfig, logger: Logger, defer: Defer): Promise<Redis> {
  const redis = connectRedis({
    url: redisUrl.reveal(),
    purpose: 'command',
    name: `sunpress-producer-${hostname()}-${process.pid}`,
    onError: (fault) => logger.debug({ fault }, 'Redis connection error'),
  })
  defer(() => redis.disconnect())
  checkServer(await describeServer(redis))
  return redis
}

/** A hold, or a feed that is full because manifest parts can't be written. null as well while Redis can't be asked. */
async function waitingReasonOf(
  permits: QuotaPermits,
  index: FeedIndex,
  app: AppId,
  lane: Lane,
): Promise<WaitingReason | null> {
  try {
    const hold = await permits.readHold(app, lane)
    if (hold !== null) return hold.reason
    return (await index.feedLength(app)) >= MOST_UNCLOSED ? 'storage' : null
  } catch {
    return null
  }
}

/** Whether there is one, never what it is. */
async function tokenStateOf(redis: Redis, namespace: string, app: AppId): Promise<TokenState> {
  try {
    return (await redis.exists(appKeys(namespace, app).token)) === 1 ? 'cached' : 'none'
  } catch {
    return 'unknown'
  }
}

const VERSION = '0.1.0'
