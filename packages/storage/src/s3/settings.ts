import { isIP } from 'node:net'
import type { Secret } from '@sunpress/core'
import type { CreateOnlyWay } from './create-only.js'

export interface S3Settings {
  /** Scheme, host and port; by default AWS's own for the region. */
  readonly endpoint?: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret
  /** By default true when the endpoint is an IP, localhost or a host of one label. */
  readonly pathStyle?: boolean
  readonly createOnly: CreateOnlyWay
  /** Most connections; at least as many as puts at a time. */
  readonly maxSockets?: number
  readonly timeouts?: Partial<S3Timeouts>
}

export interface S3Timeouts {
  readonly connectMs: number
  /** From the request to the answer's head. */
  readonly headersMs: number
  /** Between two chunks of the answer's body. */
  readonly bodyMs: number
}

export const DEFAULT_S3_TIMEOUTS: S3Timeouts = { connectMs: 3_000, headersMs: 10_000, bodyMs: 10_000 }
export const DEFAULT_MAX_SOCKETS = 256

export function usesPathStyle({ pathStyle, endpoint }: S3Settings): boolean {
  if (pathStyle !== undefined) return pathStyle
  if (endpoint === undefined) return false
  const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 || !host.includes('.')
}
