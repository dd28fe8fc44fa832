/** Builds every part of a worker, in order. Tests replace a part through `overrides`. */
import { hostname } from 'node:os'
import { type App, type AppId, type Clock, HaltFault, perMinuteOf, type Road } from '@sunpress/core'
import { createSceneFeed } from '@sunpress/feed'
import { createHttpClient } from '@sunpress/http'
import { createPermits } from '@sunpress/quota'
import { checkServer, connectRedis, describeServer } from '@sunpress/redis'
import { createLifecycle, type Lifecycle, listenOn, systemClock, type WorkerConfig } from '@sunpress/runtime'
import { openConfiguredStores } from '@sunpress/storage'
import {
  announceReady,
  createMetrics,
  createProgressWatch,
  type Logger,
  type Metrics,
  observePermits,
  observeRoad,
  observeTokens,
  observeUpstream,
  startMetricsServer,
} from '@sunpress/telemetry'
import { createCodeApi, createTokens } from '@sunpress/wechat'
import { createCallObserver } from './call-observer.js'
import { type Lanes, serveLanes } from './lanes.js'
import { LEASE_JOBS, MOST_IN_FLIGHT } from './pace.js'

export interface WorkerParts {
  readonly config: WorkerConfig
  readonly apps: readonly App[]
  readonly logger: Logger
  readonly overrides?: {
    /** A look at every step of the road, or another road. */
    readonly road?: (road: Road) => Road
    readonly clock?: Clock
    readonly metrics?: Metrics
  }
}

export interface WorkerService {
  readonly lifecycle: Lifecycle
  /** Rejects when this process can't work any more. */
  readonly halted: Promise<never>
}

type Stops = ((hurry: AbortSignal) => unknown)[]

const ADJUST_EVERY_MS = 500
/** Connections established before the first permit is spent. */
const WARM = 8

export function composeWorker({ config, apps, logger, overrides = {} }: WorkerParts): WorkerService {
  const clock = overrides.clock ?? systemClock
  const metrics = overrides.metrics ?? createMetrics({ role: 'worker', version: VERSION })
  const lifecycle = createLifecycle()
  const progress = createProgressWatch({ clock })
  let halt: (reason: Error) => void = () => undefined
  const halted = new Promise<never>((_, reject) => {
    halt = reject
  })
  halted.catch(() => undefined)

  lifecycle.add('worker', async () => {
    const stops: Stops = []
    const stop = async (hurry: AbortSignal): Promise<void> => {
      for (const end of stops.splice(0).reverse()) await end(hurry)
    }
    try {
      await start(stops)
      return stop
    } catch (fault) {
      await stop(AbortSignal.abort())
      throw fault
    }
  })

  async function start(stops: Stops): Promise<void> {
    const stores = await openConfiguredStores(config, { clock, maxSockets: MOST_IN_FLIGHT })
    stops.push(() => stores.close())
    const { commands, jobs } = await connect(config, logger, stops)
    await stores.prove()

    const http = createHttpClient({ baseUrl: config.wechatBaseUrl, clock, random: Math.random })
    stops.push((hurry) => (hurry.aborted ? http.destroy() : http.close()))
    const observed = { metrics, logger, clock }
    const called = createCallObserver(observeUpstream(observed), observeTokens(observed))
    const byId = new Map(apps.map((app) => [app.appid, app]))
    const { namespace } = config
    const permits = createPermits({
      redis: commands,
      namespace,
      clock,
      limitOf: (app, lane) => limitOf(byId, app, lane),
      records: stores.records,
      observer: observePermits(observed),
      leaseMost: LEASE_JOBS,
    })
    stops.push(() => permits.close())
    const tokens = createTokens({
      http,
      redis: commands,
      namespace,
      apps: (appid) => byId.get(appid),
      clock,
      random: Math.random,
      observer: called,
    })
    stops.push(() => tokens.close())
    const road: Road = {
      feed: createSceneFeed({ redis: commands, namespace, clock }),
      store: stores.codes,
      tokens,
      permits,
      api: createCodeApi({ http, clock, observer: called, random: Math.random }),
      clock,
      observer: observeRoad(observed),
      random: Math.random,
    }
    await http.warm(WARM)

    const lanes = serveLanes({
      apps,
      redis: jobs,
      namespace,
      road: overrides.road?.(road) ?? road,
      clock,
      onHalt: (code) => halt(new HaltFault(code, `this worker cannot go on: ${code}`)),
      onMalformed: (app, what) => logger.error({ app: app.appid, what }, 'malformed job removed'),
      onError: (error) => logger.warn({ fault: error }, 'queue error'),
      onBegan: progress.began,
    })
    stops.push((hurry) => lanes.close(hurry))
    const timer = setInterval(() => {
      lanes.adjust()
      progress.runnable(isRunnable(lanes))
    }, ADJUST_EVERY_MS)
    stops.push(() => clearInterval(timer))
    metrics.collect('inFlight', async () =>
      lanes.served.map(({ app, lane, worker }) => ({ labels: { app: app.appid, lane }, value: worker.inHand })),
    )

    const server = await startMetricsServer({
      metrics,
      liveness: progress.verdict,
      readiness: async () => {
        const up = commands.status === 'ready'
        return { ok: up, why: up ? null : 'Redis is away' }
      },
      listen: (target) =>
        listenOn(target, { host: config.host, ...config.metricsPort, name: 'METRICS_PORT' }),
    })
    stops.push(() => server.close())
    announceReady(logger, { url: null, metricsUrl: `${server.url}/metrics` })
  }

  return { lifecycle, halted }
}

/** Two connections: one that fails fast, since quota must fail closed, and one that waits for jobs as long as it takes. */
async function connect(config: WorkerConfig, logger: Logger, stops: Stops) {
  const name = `sunpress-worker-${hostname()}-${process.pid}`
  const url = config.redisUrl.reveal()
  const onError = (error: Error) => logger.debug({ fault: error }, 'Redis connection error')
  const commands = connectRedis({ url, purpose: 'command', name, onError })
  stops.push(() => commands.disconnect())
  checkServer(await describeServer(commands))
  const jobs = connectRedis({ url, purpose: 'blocking', name, onError })
  stops.push(() => jobs.disconnect())
  return { commands, jobs }
}

function limitOf(byId: ReadonlyMap<AppId, App>, appid: AppId, lane: Parameters<typeof perMinuteOf>[1]): number {
  const app = byId.get(appid)
  if (app === undefined) throw new HaltFault('app_unknown', `${appid} is not configured here`)
  return perMinuteOf(app.quotas, lane)
}

/** Jobs are in hand and none rests: something should begin. */
const isRunnable = (lanes: Lanes): boolean =>
  lanes.served.some(({ worker }) => !worker.resting && worker.inHand > 0)

const VERSION = '0.1.0'
