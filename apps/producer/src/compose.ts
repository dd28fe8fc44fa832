/** Builds every part of a producer, in order. Tests replace a part through `overrides`. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type AppBook, type AppId, appOfCode, type Clock, LANES } from '@sunpress/core'
import { createFeedIndex, createPlanningBoard } from '@sunpress/feed'
import {
  createBitsLedger,
  createCampaignLedger,
  createClearLedger,
  createManifestLedger,
  createOpenings,
  createRequestLedger,
  createScheduleLedger,
  listLooks,
  listReplacements,
  markHealing,
} from '@sunpress/ledger'
import { createLaneQueues, type LaneQueues } from '@sunpress/queue'
import { createQuotaEngine } from '@sunpress/quota'
import { checkServer, connectRedis, createLeases, describeServer, type Redis } from '@sunpress/redis'
import {
  createLifecycle,
  type Defer,
  type Environment,
  type Lifecycle,
  listenOn,
  type OpenAppBook,
  type ProducerConfig,
  systemClock,
} from '@sunpress/runtime'
import { type ConfiguredStores, openConfiguredStores } from '@sunpress/storage'
import {
  announceReady,
  collectQuotas,
  createMetrics,
  type HealthVerdict,
  type Logger,
  type Metrics,
  observeRequests,
  observeUpkeep,
  startMetricsServer,
} from '@sunpress/telemetry'
import { createUpkeep } from '@sunpress/upkeep'
import { createTokenStates } from '@sunpress/wechat'
import { buildApp } from './app.js'
import { quotasReader } from './app-quotas.js'
import { createFactsReader } from './campaigns/app-facts.js'
import { keepLooks } from './codes/known-looks.js'
import type { ApiContext } from './context.js'
import { liftingOf } from './lift-hold.js'
import { liftAuthorised } from './platform/start-platforms.js'
import { createRunIdReader } from './run-id.js'
import { createHeaderSecrets } from './schedules/source-headers.js'
import { startScheduler } from './schedules/start-scheduler.js'
import { loadApiKeys } from './security/api-keys.js'
import { closeApi } from './server.js'
import { openWechat, type Wechat } from './wechat/open-wechat.js'

export interface ProducerParts {
  readonly config: ProducerConfig
  readonly apps: OpenAppBook
  readonly logger: Logger
  /** Where secrets of sources may be kept; by default nowhere. */
  readonly env?: Environment
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

async function start(parts: ProducerParts, defer: Defer): Promise<void> {
  const { config, apps, logger, env = {}, overrides = {} } = parts
  const clock = overrides.clock ?? systemClock
  const metrics = overrides.metrics ?? createMetrics({ role: 'producer', version: VERSION })
  const keys = config.apiKeysFile === null ? null : loadApiKeys(config.apiKeysFile)
  const stores = await openConfiguredStores(config, { clock })
  defer(() => stores.close())
  const redis = await connect(config, logger, defer)
  const reloading = setInterval(() => apps.reload(), RELOAD_EVERY_MS)
  defer(() => clearInterval(reloading))
  await stores.prove()

  const base = { config, apps, logger, metrics, clock, redis, stores, env }
  const { host } = config
  let draining = false
  const server = await startMetricsServer({
    metrics,
    liveness: () => ({ ok: true, why: null }),
    readiness: () => readiness(redis, draining),
    listen: (target) => listenOn(target, { host, ...config.metricsPort, name: 'METRICS_PORT' }),
  })
  defer(() => server.close())
  const wechat = await openWechat({ ...base, apps }, defer)
  const queues = createLaneQueues({ redis, namespace: config.namespace })
  defer(() => queues.close())
  const served = { ...createContext(base, queues, wechat), keys }
  const authorised = liftAuthorised(served.liftHold, logger)
  const pushes = wechat.pushes === undefined ? {} : { pushes: { ...wechat.pushes, authorised } }
  const unscheduled = { ...served, ...pushes }
  startUpkeep(base, unscheduled, queues, defer)
  const scheduler = startScheduler(base, unscheduled, defer)
  const context = { ...unscheduled, wakeScheduler: (name?: string) => void scheduler.look(name) }
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
  readonly apps: AppBook
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly redis: Redis
  readonly stores: ConfiguredStores
  readonly env: Environment
}

function createContext(
  base: Base,
  queues: LaneQueues,
  { tokens, clearQuota }: Wechat,
): Omit<ApiContext, 'keys' | 'wakeScheduler'> {
  const { config, apps, logger, metrics, clock, redis, stores, env } = base
  const { namespace, publicUrl } = config
  const { records, codes } = stores
  // Asked about holds and counts: the producer takes no permit.
  const find = (app: AppId) => apps.find(app)
  const { permits, lifetime, observed, limitOf, dayLimitOf } = createQuotaEngine({
    ...{ redis, namespace, clock, records, find },
    readQuota: () => Promise.reject(new Error('a producer asks WeChat for no quota')),
  })
  const readQuotas = quotasReader({ find, permits, lifetime, observed, limitOf })
  collectQuotas(metrics, () => Promise.all(apps.all().map(({ appid }) => readQuotas(appid))))
  const index = createFeedIndex({ redis, namespace })
  const log = logger.child({ part: 'api' })
  const leftOut = (what: string, fault: unknown): void =>
    log.error({ what, fault }, 'left out: it cannot be read')
  const recount = async (app: AppId): Promise<void> => {
    for (const lane of LANES) await observed.suspect(app, lane)
  }
  return {
    apps,
    codes,
    publicUrl,
    namespace,
    clock,
    // Two containers may have the same host name and the same process id.
    holder: `producer-${hostname()}-${process.pid}-${randomUUID()}`,
    campaigns: createCampaignLedger(records),
    openings: createOpenings({ records, clock }),
    manifests: createManifestLedger(records),
    bits: createBitsLedger(records),
    requests: createRequestLedger(records),
    schedules: createScheduleLedger(records),
    secrets: createHeaderSecrets(env, config.sourceSecrets),
    index,
    planning: createPlanningBoard({ redis, namespace }),
    leases: createLeases(redis),
    planLifetime: lifetime.plan,
    markHealing: (healed, by) => markHealing(records, healed, by),
    readQuotas,
    readHolds: permits.readHolds,
    liftHold: liftingOf({ permits, tokens, queues, clock }),
    replacementsOf: (code) => listReplacements(records, appOfCode(code), code),
    looksOf: keepLooks((app) => listLooks(records, app, leftOut), clock),
    clears: createClearLedger(records),
    clearQuota,
    async reopenLifetime(app) {
      await lifetime.reopen(app, 'codes')
      await lifetime.reopen(app, 'pages')
    },
    async restartDay(app) {
      await permits.restartDay(app)
      await recount(app)
      for (const lane of LANES) await queues.wake(app, lane)
    },
    recount,
    waitingFactsOf: createFactsReader({
      ...{ readHolds: permits.readHolds, readUse: permits.usage, index, clock },
    }),
    rateOf: (app, lane) => (find(app) === undefined ? null : limitOf(app, lane)),
    dayLimitOf: (app, lane) => (find(app) === undefined ? null : dayLimitOf(app, lane)),
    tokenStateOf: createTokenStates({ redis, namespace }),
    observer: {
      ...observeRequests({ metrics }),
      failed: (route, fault) => log.error({ route, fault }, 'a request failed'),
      leftOut,
    },
  }
}

function startUpkeep(
  { apps, config, clock, redis, logger, metrics, stores }: Base,
  context: Omit<ApiContext, 'keys' | 'wakeScheduler'>,
  queues: LaneQueues,
  defer: Defer,
) {
  const { namespace } = config
  const { holder, leases, index, campaigns, manifests, bits, readHolds } = context
  const readRunId = createRunIdReader(async () => (await describeServer(redis)).runId, clock, redis)
  const observer = observeUpkeep({ logger, metrics })
  const { codes, sweep: sweepTemporaries } = stores
  const upkeep = createUpkeep({
    ...{ apps, holder, namespace, leases, index, campaigns, manifests, queues, readHolds },
    ...{ bits, codes, readRunId, sweepTemporaries, clock, observer },
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

/** The apps file, and the secrets that it refers to. */
const RELOAD_EVERY_MS = 5_000

const VERSION = '0.1.0'
