/** Builds every part of a worker, in order. Tests replace a part through `overrides`. */
import { hostname } from 'node:os'
import { type AppId, type Clock, createRetryBudget, createTurns, HaltFault, type Road } from '@sunpress/core'
import { createSceneFeed } from '@sunpress/feed'
import { createLaneQueues } from '@sunpress/queue'
import { createQuotaEngine, type QuotaEngine } from '@sunpress/quota'
import { checkServer, connectRedis, describeServer, type Redis } from '@sunpress/redis'
import {
  createLifecycle,
  type Defer,
  type Lifecycle,
  listenOn,
  type OpenAppBook,
  systemClock,
  type WorkerConfig,
} from '@sunpress/runtime'
import { breakOnTrouble, type ConfiguredStores, openConfiguredStores } from '@sunpress/storage'
import {
  announceReady,
  createMetrics,
  createProgressWatch,
  type HealthVerdict,
  type Logger,
  type Metrics,
  observeQuota,
  observeRoad,
  observeStore,
  type ProgressWatch,
  startMetricsServer,
} from '@sunpress/telemetry'
import { type Lanes, serveLanes } from './lanes.js'
import { openWechat, quotaReader, type Wechat } from './open-wechat.js'
import { LEASE_JOBS, MOST_IN_FLIGHT } from './pace.js'

export interface WorkerParts {
  readonly config: WorkerConfig
  readonly apps: OpenAppBook
  readonly logger: Logger
  readonly overrides?: WorkerOverrides
}

export interface WorkerOverrides {
  /** A look at every step of the road, or another road. */
  readonly road?: (road: Road) => Road
  readonly clock?: Clock
  readonly metrics?: Metrics
}

export interface WorkerService {
  readonly lifecycle: Lifecycle
  /** Rejects when this process can't work any more. */
  readonly halted: Promise<never>
}

interface Base {
  readonly config: WorkerConfig
  readonly apps: OpenAppBook
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly stores: ConfiguredStores
  /** Fails fast while Redis is away: quota must fail closed. */
  readonly commands: Redis
  /** Waits for jobs as long as it takes. */
  readonly jobs: Redis
  readonly defer: Defer
}

const ADJUST_EVERY_MS = 500
/** The apps file, and the secrets that it refers to. */
const RELOAD_EVERY_MS = 5_000
const WATCH_EVERY_MS = 5_000

export function composeWorker(parts: WorkerParts): WorkerService {
  const lifecycle = createLifecycle()
  let halt: (reason: Error) => void = () => undefined
  const halted = new Promise<never>((_, reject) => {
    halt = reject
  })
  halted.catch(() => undefined)
  lifecycle.add('worker', (_stopping, defer) => start(parts, halt, defer))
  return { lifecycle, halted }
}

async function start(parts: WorkerParts, halt: (reason: Error) => void, defer: Defer): Promise<void> {
  const { config, apps, logger, overrides = {} } = parts
  const clock = overrides.clock ?? systemClock
  const metrics = overrides.metrics ?? createMetrics({ role: 'worker', version: VERSION })
  const stores = await openConfiguredStores(config, { clock, maxSockets: MOST_IN_FLIGHT })
  defer(() => stores.close())
  const connections = await connect(config, logger, defer)
  const reloading = setInterval(() => apps.reload(), RELOAD_EVERY_MS)
  defer(() => clearInterval(reloading))
  await stores.prove()

  const base: Base = { config, apps, logger, metrics, clock, stores, defer, ...connections }
  const road = await createRoad(base)
  const progress = createProgressWatch({ clock })
  let draining = false
  const server = await startMetricsServer({
    metrics,
    liveness: progress.verdict,
    readiness: () => readiness(base.commands, draining),
    listen: (target) => listenOn(target, { host: config.host, ...config.metricsPort, name: 'METRICS_PORT' }),
  })
  // It ends after the lanes: a drain can be watched.
  defer(() => server.close())
  const lanes = startLanes(base, overrides.road?.(road) ?? road, progress, halt)
  metrics.collect('inFlight', async () => inFlight(lanes))
  metrics.collect('queueJobs', () => queueJobs(lanes))
  defer(() => {
    draining = true
  })
  announceReady(logger, { url: null, metricsUrl: `${server.url}/metrics` })
}

async function connect(config: WorkerConfig, logger: Logger, defer: Defer) {
  const url = config.redisUrl.reveal()
  const name = `sunpress-worker-${hostname()}-${process.pid}`
  const onError = (fault: Error) => logger.debug({ fault }, 'Redis connection error')
  const commands = connectRedis({ url, purpose: 'command', name, onError })
  defer(() => commands.disconnect())
  checkServer(await describeServer(commands))
  const jobs = connectRedis({ url, purpose: 'blocking', name, onError })
  defer(() => jobs.disconnect())
  return { commands, jobs }
}

async function createRoad(base: Base): Promise<Road> {
  const { config, clock, commands: redis, stores } = base
  const { namespace } = config
  const wechat = await openWechat(base)
  const { permits, lifetime } = openQuota(base, wechat)
  wechat.onNumUsed(lifetime.numUsed)
  return {
    feed: createSceneFeed({ redis, namespace, clock }),
    store: breakOnTrouble(stores.codes, { clock, random: Math.random, observer: observeStore(base) }),
    ...{ permits, tokens: wechat.tokens, api: wechat.api },
    clock,
    turns: createTurns(),
    retries: createRetryBudget(clock),
    observer: observeRoad(base),
    random: Math.random,
  }
}

/** Permits, and the counts and questions behind them; WeChat is asked for its quotas by whichever worker comes first. */
function openQuota(base: Base, { tokens, terms }: Wechat): QuotaEngine {
  const { apps, clock, commands: redis, config, stores, defer } = base
  const { permits, gate, observed } = observeQuota(base)
  /** WeChat is asked about apps that print, from their first permit on. */
  const printing = new Set<AppId>()
  const quota = createQuotaEngine({
    ...{ redis, namespace: config.namespace, clock, records: stores.records, leaseMost: LEASE_JOBS },
    find: (app) => apps.find(app),
    readQuota: quotaReader(apps, tokens, terms),
    permitsObserver: {
      ...permits,
      granted(app, lane, count) {
        printing.add(app)
        permits.granted(app, lane, count)
      },
    },
    gateObserver: gate,
    observedObserver: observed,
  })
  defer(() => quota.permits.close())
  const asking = new AbortController()
  const asked = quota.observed.run(
    () => [...printing].filter((app) => apps.find(app) !== undefined),
    asking.signal,
  )
  defer(async () => {
    asking.abort()
    await asked
  })
  return quota
}

function startLanes(
  { config, apps, logger, clock, commands, jobs, defer }: Base,
  road: Road,
  progress: ProgressWatch,
  halt: (reason: Error) => void,
): Lanes {
  const lanes = serveLanes({
    ...{ apps, road, clock, redis: jobs, namespace: config.namespace },
    queues: createLaneQueues({ redis: commands, namespace: config.namespace }),
    onHalt: (code) => halt(new HaltFault(code, `this worker cannot go on: ${code}`)),
    onMalformed: (app, what) => logger.error({ app, what }, 'malformed job removed'),
    onLost: (fault) => logger.debug({ fault }, 'job lost to another worker'),
    onError: (fault) => logger.warn({ fault }, 'queue error'),
    onBegan: progress.began,
  })
  defer((hurry) => lanes.close(hurry))
  const adjusting = setInterval(() => lanes.adjust(), ADJUST_EVERY_MS)
  defer(() => clearInterval(adjusting))
  const watching = setInterval(() => void watchProgress(lanes, progress), WATCH_EVERY_MS)
  defer(() => clearInterval(watching))
  return lanes
}

/** While Redis is away nothing is runnable. */
async function watchProgress(lanes: Lanes, progress: ProgressWatch): Promise<void> {
  progress.runnable(await lanes.isRunnable().catch(() => false))
}

const inFlight = (lanes: Lanes) =>
  lanes.served().map(({ app, lane, worker }) => ({ labels: { app, lane }, value: worker.inHand }))

async function queueJobs(lanes: Lanes) {
  const states = ['waiting', 'active', 'delayed'] as const
  return (await lanes.counted()).flatMap(({ app, lane, jobs }) =>
    states.map((state) => ({ labels: { app, lane, state }, value: jobs[state] })),
  )
}

function readiness({ status }: Redis, draining: boolean): HealthVerdict {
  const why = draining ? 'stopping' : status === 'ready' ? null : 'Redis is away'
  return { ok: why === null, why }
}

const VERSION = '0.1.0'
