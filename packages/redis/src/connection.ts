/** Connections to Redis. A command connection fails fast while Redis is away: quota must fail closed. */
import { Redis, type RedisOptions } from 'ioredis'

export type { Redis } from 'ioredis'

export interface ConnectOptions {
  /** redis://, rediss:// or redis+sentinel://host,host/master?db=0 */
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

/** Parses the URL; throws TypeError naming REDIS_URL when it is none of the forms above. */
export function locationOf(text: string): RedisOptions {
  if (text.startsWith('redis+sentinel://')) return sentinelLocation(text)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new TypeError('REDIS_URL: expected redis://host:port, got something that is no URL')
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new TypeError(`REDIS_URL: expected redis://, rediss:// or redis+sentinel://, got ${url.protocol}//`)
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: url.port === '' ? 6379 : Number(url.port),
    ...credentialsOf(url),
    db: databaseOf(url.pathname.slice(1)),
    ...(url.protocol === 'rediss:' ? { tls: { servername: url.hostname } } : {}),
  }
}

function sentinelLocation(text: string): RedisOptions {
  const match = /^redis\+sentinel:\/\/(?:([^@/]*)@)?([^/]+)\/([^/?]+)(?:\/(\d+))?$/.exec(text)
  if (match === null) throw new TypeError('REDIS_URL: expected redis+sentinel://host:port,host:port/master')
  const [, login = '', hosts = '', master = '', db = ''] = match
  const sentinels = hosts.split(',').map((host) => {
    const [name = '', port = '26379'] = host.split(':')
    return { host: name, port: Number(port) }
  })
  return { sentinels, name: master, db: databaseOf(db), ...credentialsOf(new URL(`redis://${login}@h`)) }
}

const credentialsOf = (url: URL): RedisOptions => ({
  ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
  ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
})

function databaseOf(text: string): number {
  if (!/^\d*$/.test(text))
    throw new TypeError(`REDIS_URL: expected a database number in its path, got ${text}`)
  return text === '' ? 0 : Number(text)
}
