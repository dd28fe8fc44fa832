/** Gives the SDK our transport instead of its own handler, so that time-outs and connections are the same for all calls. */
import { Readable } from 'node:stream'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { Transport } from './transport.js'

/** What the SDK says of a request; its body, if any, is small and whole in what we ask of it. */
interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export function sdkHandler(transport: Transport): NonNullable<S3ClientConfig['requestHandler']> {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
    handle: async ({ method, path, query, headers, body }: SdkRequest) => {
      const isBytes = typeof body === 'string' || body instanceof Uint8Array
      const search = queryOf(query ?? {})
      const answer = await transport.send({
        method,
        path: path + search,
        headers,
        body: isBytes ? body : null,
      })
      const fields = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
      return {
        response: {
          statusCode: answer.status,
          headers: Object.fromEntries(fields),
          body: Readable.from([answer.body]),
        },
      }
    },
  }
}

function queryOf(query: NonNullable<SdkRequest['query']>): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encode(name)}=${encode(one ?? '')}`),
  )
  return parts.length === 0 ? '' : `?${parts.sort().join('&')}`
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
