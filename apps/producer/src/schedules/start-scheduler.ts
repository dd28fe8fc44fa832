/** Puts the makers of nights together: the guarded way out, the alarms in Redis, and the scheduler that looks into the ledger. */
import { hostname } from 'node:os'
import type { AppBook, Clock, Records } from '@sunpress/core'
import { createGuardedFetch } from '@sunpress/http'
import { createScheduleTimers } from '@sunpress/queue'
import { connectRedis, type Redis } from '@sunpress/redis'
import type { Defer, ProducerConfig } from '@sunpress/runtime'
import { type Logger, type Metrics, observeSchedules } from '@sunpress/telemetry'
import { createScheduler, type Scheduler } from '@sunpress/upkeep'
import type { ApiContext } from '../context.js'
import { createNightMaker } from './night-maker.js'

interface SchedulerBase {
  readonly config: ProducerConfig
  readonly apps: AppBook
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly redis: Redis
  readonly stores: { readonly records: Records }
}

/** Looks at once: what was missed while nobody was there is found before the first alarm. */
export function startScheduler(
  { config, apps, logger, metrics, clock, redis, stores }: SchedulerBase,
  context: Omit<ApiContext, 'keys' | 'wakeScheduler'>,
  defer: Defer,
): Scheduler {
  const { namespace, sourceAllowPrivate, sourceMaxBytes } = config
  const { holder, leases, schedules } = context
  const observer = observeSchedules(metrics, logger)
  const fetch = createGuardedFetch({
    allowPrivate: sourceAllowPrivate?.split(',') ?? [],
    maxBytes: sourceMaxBytes,
  })
  defer(() => fetch.close())
  const blocking = connectRedis({
    url: config.redisUrl.reveal(),
    purpose: 'blocking',
    name: `sunpress-alarms-${hostname()}-${process.pid}`,
  })
  defer(() => blocking.disconnect())
  const timers = createScheduleTimers({
    ...{ redis, blocking, namespace },
    onRing: (name) => void scheduler.look(name),
    onError: (error) => logger.debug({ fault: error }, 'alarms of schedules'),
  })
  defer(() => timers.close())
  const { records } = stores
  const nights = createNightMaker({ ...context, apps, clock, fetch, records, sourceMaxBytes })
  const scheduler = createScheduler({
    ...{ schedules, leases, holder, namespace, clock },
    ...{ timers, nights, observer },
  })
  scheduler.start()
  defer(() => scheduler.stop())
  return scheduler
}
