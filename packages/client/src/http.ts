/** One request and its answer. No retry: the caller knows what may be sent twice, an Idempotency-Key makes it safe. */
import type { Readable } from 'node:stream'
import { type Dispatcher, getGlobalDispatcher } from 'undici'
import { toProblemError, UnreachableError } from './problem-error.js'

export interface ClientOptions {
  /** Of the producer: http://127.0.0.1:8080. */
  readonly url: string
  readonly apiKey?: string
  /** undici's: for a proxy, a certificate of one's own, or a pool. */
  readonly dispatcher?: Dispatcher
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below /v1, its parts encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Readable
  readonly signal?: AbortSignal | undefined
}

export interface Answer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Dispatcher.ResponseData['body']
}

export interface Http {
  /** Throws ProblemError, or UnreachableError; rejects with the signal's reason when aborted. The body must be read. */
  ask(call: Call): Promise<Answer>
  json<T>(call: Call): Promise<T>
}

export function createHttp({ url, apiKey, dispatcher }: ClientOptions): Http {
  const base = new URL(url)
  const prefix = `${base.pathname.replace(/\/+$/, '')}/v1`
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }

  const ask = async (call: Call): Promise<Answer> => {
    const what = `${call.method} ${prefix}${call.path}`
    return await reaching(what, call.signal, async () => {
      const { statusCode, headers, body } = await (dispatcher ?? getGlobalDispatcher()).request({
        origin: base.origin,
        method: call.method,
        path: `${prefix}${call.path}${queryText(call.query)}`,
        headers: { accept: 'application/json', ...authorization, ...call.headers },
        ...(call.body === undefined ? {} : { body: call.body }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      })
      if (statusCode < 300) return { headers, body }
      throw toProblemError(statusCode, await body.text(), textOf(headers['retry-after']))
    })
  }

  return {
    ask,
    async json<T>(call: Call) {
      const { body } = await ask(call)
      return await reaching(call.path, call.signal, async () => (await body.json()) as T)
    },
  }
}

async function reaching<T>(
  what: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Error && error.name === 'ProblemError') throw error
    throw new UnreachableError(what, error)
  }
}

function queryText(query: Call['query'] = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(
    pairs.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
  return text === '' ? '' : `?${text}`
}

export const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header
