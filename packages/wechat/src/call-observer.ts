import type { AppId, UpstreamEndpoint } from '@sunpress/core'

/** What tokens are got from: WeChat's two endpoints, and a token service of the company's own. Platforms count for themselves. */
export const TOKEN_ENDPOINTS = [
  'stable_token',
  'token',
  'component_token',
  'authorizer_token',
  'token_service',
] as const
export type TokenEndpoint = (typeof TOKEN_ENDPOINTS)[number]

/** What is asked about the quota. */
export const QUOTA_ENDPOINTS = ['quota_get', 'clear_quota', 'clear_quota_v2'] as const
export type QuotaEndpoint = (typeof QUOTA_ENDPOINTS)[number]

/** What a platform asks about its merchants. */
export const PLATFORM_ENDPOINTS = ['query_auth', 'authorizer_list'] as const
export type PlatformEndpoint = (typeof PLATFORM_ENDPOINTS)[number]

export type CalledEndpoint = UpstreamEndpoint | TokenEndpoint | QuotaEndpoint | PlatformEndpoint

export const isTokenEndpoint = (endpoint: CalledEndpoint): endpoint is TokenEndpoint =>
  TOKEN_ENDPOINTS.some((known) => known === endpoint)

export const isPlatformEndpoint = (endpoint: CalledEndpoint): endpoint is PlatformEndpoint =>
  PLATFORM_ENDPOINTS.some((known) => known === endpoint)

export const isQuotaEndpoint = (endpoint: CalledEndpoint): endpoint is QuotaEndpoint =>
  QUOTA_ENDPOINTS.some((known) => known === endpoint)

export interface CallObserver {
  /**
   * One call that may have reached WeChat. `errcode`: "0" for a picture or a token, WeChat's number, or what came
   * instead: "http_503", "timeout", "reset", "truncated", "empty", "not_a_picture", "aborted" and the like.
   */
  called(app: AppId, endpoint: CalledEndpoint, errcode: string): void
  /** WeChat's count of the codes that getwxacode and createwxaqrcode have made for the app, of 100,000; when it tells. */
  numUsed(app: AppId, codes: number): void
}

/** The label of a transport fault: its code without the prefix. */
export const transportLabel = (code: string): string => code.replace(/^upstream_/, '')
