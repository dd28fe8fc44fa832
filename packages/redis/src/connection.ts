/** Connections to Redis. A command connection fails fast while Redis is away: quota must fail closed. */
import { Redis, type RedisOptions } from 'ioredis'
import { locationOf } from './location.js'

export type { Redis } from 'ioredis'

export interface ConnectOptions {
  /** redis://, rediss:// or redis+sentinel://host,host/master; a database as /0 or ?db=0 */
  readonly url: string
  /** command: fails fast. blocking: waits as long as it takes, as BullMQ's workers want it. */
  readonly purpose: 'command' | 'blocking'
  readonly name: string
  /** Told of connection errors; without it they are dropped, since every command reports its own. */
  readonly onError?: (error: Error) => void
}

const CONNECT_TIMEOUT_MS = 5_000
const COMMAND_TIMEOUT_MS = 5_000

/** Connects at once and keeps reconnecting; the caller ends it with `quit` or `disconnect`. */
export function connectRedis(options: ConnectOptions): Redis {
  const redis = new Redis({ ...locationOf(options.url), ...behaviourOf(options), replyMapping: 'legacy' })
  redis.on('error', (error) => options.onError?.(error))
  return redis
}

function behaviourOf({ purpose, name }: ConnectOptions): RedisOptions {
  const common = { connectionName: name, connectTimeout: CONNECT_TIMEOUT_MS, enableAutoPipelining: false }
  if (purpose === 'blocking') return { ...common, maxRetriesPerRequest: null }
  return {
    ...common,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: reconnectAfterMs,
  }
}

/** 50 ms at first, 2 s at most: a Redis that is back is found soon. */
const reconnectAfterMs = (times: number): number => Math.min(2_000, 50 * 2 ** Math.min(times, 6))
