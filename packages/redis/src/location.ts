/** Where Redis is, from REDIS_URL. Pure. What is thrown names the variable and never repeats its value: it may hold a password. */
import type { RedisOptions } from 'ioredis'

const FORMS = 'redis://host:port, rediss://host:port or redis+sentinel://host:port,host:port/master'

/** Throws TypeError naming REDIS_URL when the text is none of these forms. */
export function locationOf(text: string): RedisOptions {
  return text.startsWith('redis+sentinel://') ? sentinelLocation(text) : serverLocation(text)
}

function serverLocation(text: string): RedisOptions {
  const url = toUrl(text)
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    throw defect(`expected ${FORMS}, got ${url.protocol}//`)
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: url.port === '' ? 6379 : Number(url.port),
    ...credentialsOf(url),
    db: databaseOf(url.pathname.slice(1) || url.searchParams.get('db')),
    ...(url.protocol === 'rediss:' ? { tls: { servername: url.hostname } } : {}),
  }
}

const SENTINEL = /^redis\+sentinel:\/\/(?:([^@/]*)@)?([^/?]+)\/([^/?]+)(?:\/(\d+))?(?:\?db=(\d+))?$/

/** Several hosts are more than a URL can hold. */
function sentinelLocation(text: string): RedisOptions {
  const match = SENTINEL.exec(text)
  if (match === null) throw defect('expected redis+sentinel://host:port,host:port/master')
  const [, login = '', hosts = '', master = '', path, query] = match
  return {
    sentinels: hosts.split(',').map(sentinelAddress),
    name: master,
    db: databaseOf(path ?? query ?? null),
    ...credentialsOf(toUrl(`redis://${login}@h`)),
  }
}

function sentinelAddress(text: string): { host: string; port: number } {
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(text)
  if (match === null) throw defect('expected host:port of each sentinel')
  const [, host = '', port = '26379'] = match
  return { host, port: Number(port) }
}

function toUrl(text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw defect(`expected ${FORMS}, got something that is no URL`)
  }
}

function credentialsOf(url: URL): RedisOptions {
  try {
    return {
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    }
  } catch {
    throw defect('expected user and password with % written as %25')
  }
}

function databaseOf(text: string | null): number {
  if (!/^\d*$/.test(text ?? '')) throw defect('expected a database number in its path')
  return Number(text ?? 0)
}

const defect = (message: string): TypeError => new TypeError(`REDIS_URL: ${message}`)
