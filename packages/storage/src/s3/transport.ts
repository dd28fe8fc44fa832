/**
 * HTTP to the bucket over undici: kept-alive connections, explicit time-outs, bodies bounded. Any status is an answer; it
 * rejects with RetryFault `store_unavailable` when there is none, and then nobody knows whether the request took effect.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { RetryFault } from '@sunpress/core'
import { type Dispatcher, Pool } from 'undici'
import { DEFAULT_MAX_SOCKETS, DEFAULT_S3_TIMEOUTS, type S3Settings } from './settings.js'

export interface TransportRequest {
  readonly method: string
  /** Path and query, encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string | null
}

export interface TransportAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportAnswer>
  /** Lets requests under way end. */
  close(): Promise<void>
}

/** Pictures and parts of a few MB; checkpoints of a hundred million bits are 12.5 MB. */
const MOST_BYTES = 64 * 1024 * 1024
/** Less than the 20 s after which AWS drops an idle connection. */
const KEEP_ALIVE_MS = 10_000

export function openTransport(origin: string, settings: S3Settings): Transport {
  const timeouts = { ...DEFAULT_S3_TIMEOUTS, ...settings.timeouts }
  const pool = new Pool(origin, {
    connections: settings.maxSockets ?? DEFAULT_MAX_SOCKETS,
    connect: { timeout: timeouts.connectMs },
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    pipelining: 1,
    allowH2: false,
  })
  return {
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        // reset: undici would close the connection after a HEAD, for servers that answer one with a body.
        const options = {
          method: method as Dispatcher.HttpMethod,
          path,
          headers,
          body: body as Buffer,
          reset: false,
        }
        pool.dispatch(options, collector(`${method} on ${origin}`, resolve, reject))
      }),
    close: () => (pool.closed || pool.destroyed ? Promise.resolve() : pool.close()),
  }
}

function collector(
  what: string,
  resolve: (answer: TransportAnswer) => void,
  reject: (fault: RetryFault) => void,
): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = []
  let [status, received] = [0, 0]
  let headers: IncomingHttpHeaders = {}
  return {
    onRequestStart: () => {},
    onResponseStart: (_, answered, fields) => {
      status = answered
      headers = fields
    },
    onResponseData: (controller, chunk) => {
      received += chunk.length
      if (received > MOST_BYTES) controller.abort(new Error(`a body of more than ${MOST_BYTES} bytes`))
      else chunks.push(chunk)
    },
    onResponseEnd: () => {
      const [only] = chunks
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, received)
      resolve({ status, headers, body })
    },
    onResponseError: (_, error) => reject(unavailable(`${what}: no answer (${codeOf(error)})`, error)),
  }
}

export const unavailable = (message: string, cause?: unknown): RetryFault =>
  new RetryFault('store_unavailable', message, null, { cause })

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message
