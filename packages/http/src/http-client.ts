/**
 * HTTP calls to one upstream whose every failure is a fault named by what to do next.
 * Promises: nothing is written after `notAfterMs`; an answer is whole as far as HTTP can tell; at most `maxBytes` are held;
 * every request ends within `totalMs`; no query string in any error. Never asks twice by itself. No redirects, no cookies.
 */
import type { Clock } from '@sunpress/core'
import { buildConnector, Pool } from 'undici'
import { Exchange, type HttpAnswer } from './exchange.js'
import { WarmReserve } from './warm-reserve.js'

export type { HttpAnswer } from './exchange.js'

export interface HttpTimeouts {
  /** DNS, TCP and TLS together. */
  readonly connectMs: number
  /** From the last byte written to the answer's head. */
  readonly headersMs: number
  /** Between two chunks of a body. */
  readonly bodyMs: number
  /** The whole request, waiting for a connection included. */
  readonly totalMs: number
}

export interface HttpClientOptions {
  /** Scheme, host and port; a path is put before every request's. */
  readonly baseUrl: string
  readonly clock: Pick<Clock, 'monotonic'>
  /** From 0 up to 1. */
  readonly random: () => number
  /** Most connections at a time; they are opened as needed. */
  readonly connections?: number
  readonly timeouts?: Partial<HttpTimeouts>
  /** Largest body that is accepted. */
  readonly maxBytes?: number
  /** Connections kept established ahead of need. */
  readonly reserve?: number
  /** How long a connection may idle before it is closed, unless the server names another time (at most 10 min). */
  readonly keepAliveMs?: number
  /** PEM of the only certificate authority to trust, in place of the system's. */
  readonly ca?: string
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Path and query, encoded. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
  /** On the monotonic clock: a request not written by then is not written at all. */
  readonly notAfterMs?: number
  /** Instead of the client's own. */
  readonly totalMs?: number
}

export interface HttpClient {
  /**
   * Throws WaitFault `permit_expired` and `upstream_unreachable` (nothing was written), RetryFault `upstream_timeout`,
   * `upstream_reset`, `upstream_truncated`, `upstream_malformed`, `upstream_too_large` (something may have been); rejects
   * with the signal's reason when aborted. Any status is an answer.
   */
  request(request: HttpRequest): Promise<HttpAnswer>
  /** Establishes connections until `n` are in reserve; gives how many are. Never throws. */
  warm(n: number): Promise<number>
  /** Lets requests under way end. */
  close(): Promise<void>
  /** Breaks requests under way off. */
  destroy(): Promise<void>
}

export const DEFAULT_TIMEOUTS: HttpTimeouts = {
  connectMs: 5_000,
  headersMs: 20_000,
  bodyMs: 20_000,
  totalMs: 60_000,
}

const DEFAULT_CONNECTIONS = 1_300
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024
const DEFAULT_RESERVE = 8
const DEFAULT_KEEP_ALIVE_MS = 4_000
const RESERVE_MAX_IDLE_MS = 15_000

/** Opens nothing until the first request or `warm`. Throws TypeError for a base URL that is none. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock, random, maxBytes = DEFAULT_MAX_BYTES } = options
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const base = parseBaseUrl(options.baseUrl)
  const reserve = reserveOf(options, base, timeouts)
  const pool = new Pool(base.origin, {
    connections: options.connections ?? DEFAULT_CONNECTIONS,
    connect: reserve.connect,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyMs,
    keepAliveTimeout: options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS,
  })

  const exchange = async (request: HttpRequest): Promise<HttpAnswer> => {
    const { method, path, headers = {}, body = null, signal, notAfterMs = Infinity } = request
    const what = `${method} ${path.replace(/[?#].*$/s, '')}`
    const handler = new Exchange({ what, maxBytes, notAfterMs, clock, random })
    const onAbort = () => handler.abort(signal?.reason)
    const timer = setTimeout(() => handler.expire(), request.totalMs ?? timeouts.totalMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      pool.dispatch({ method, path: base.prefix + path, headers, body }, handler)
      return await handler.answer
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  return {
    async request(request) {
      request.signal?.throwIfAborted()
      return await exchange(request)
    },
    warm: (n) => reserve.warm(n),
    async close() {
      reserve.close()
      await pool.close()
    },
    async destroy() {
      reserve.close()
      await pool.destroy()
    },
  }
}

function reserveOf(options: HttpClientOptions, base: BaseUrl, timeouts: HttpTimeouts) {
  const ca = options.ca === undefined ? {} : { ca: options.ca }
  return new WarmReserve({
    connect: buildConnector({ timeout: timeouts.connectMs, allowH2: false, ...ca }),
    target: base.target,
    size: options.reserve ?? DEFAULT_RESERVE,
    maxIdleMs: RESERVE_MAX_IDLE_MS,
    clock: options.clock,
  })
}

interface BaseUrl {
  readonly origin: string
  /** "" or "/path" without a slash at its end. */
  readonly prefix: string
  readonly target: buildConnector.Options
}

function parseBaseUrl(text: string): BaseUrl {
  const url = URL.canParse(text) ? new URL(text) : null
  const isPlain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('base URL: expected http(s)://host[:port][/path] without login, query or fragment')
  }
  const { protocol, host, port } = url
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  return {
    origin: url.origin,
    prefix: url.pathname.replace(/\/+$/, ''),
    target: { protocol, host, hostname, port },
  }
}
