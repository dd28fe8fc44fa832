/**
 * The one module that writes tokens and AppSecrets into requests. What it gives goes straight to the HTTP client, which
 * keeps queries, headers and bodies out of every error; it must never be logged or stored.
 */
import type { AccessToken, AppId, ExternalCredential, Secret, UpstreamEndpoint } from '@sunpress/core'

const PATHS: Record<UpstreamEndpoint, string> = {
  getwxacodeunlimit: '/wxa/getwxacodeunlimit',
  getwxacode: '/wxa/getwxacode',
  createwxaqrcode: '/cgi-bin/wxaapp/createwxaqrcode',
}
const JSON_TYPE = { 'content-type': 'application/json' }

/** The path of an endpoint, without any query: what openapi/quota/get calls its `cgi_path`. */
export const codePath = (endpoint: UpstreamEndpoint): string => PATHS[endpoint]

/** Path and query of a code call. WeChat takes the token in the query only. */
export const codeUrl = (endpoint: UpstreamEndpoint, token: AccessToken): string =>
  PATHS[endpoint] + queryOf(token)

/** Cloud hosting: no token, since the sidecar adds it; `fromAppid` where the resources of another account are shared. */
export const cloudrunUrl = (endpoint: UpstreamEndpoint, fromAppid: AppId | null): string =>
  PATHS[endpoint] + (fromAppid === null ? '' : `?from_appid=${encodeURIComponent(fromAppid)}`)

function queryOf({ value, sentAs = 'access_token' }: AccessToken): string {
  return sentAs === 'none' ? '' : `?${sentAs}=${encodeURIComponent(value.reveal().toWellFormed())}`
}

/**
 * getStableAccessToken. In its normal mode it gives the same token until five minutes before its end, so that asking again
 * never invalidates what others use; `force` makes a new one and ends the old at once. Source: api_getstableaccesstoken.
 */
export const stableTokenRequest = (appid: AppId, appSecret: Secret, force: boolean) => ({
  method: 'POST' as const,
  path: '/cgi-bin/stable_token',
  headers: JSON_TYPE,
  body: JSON.stringify({
    grant_type: 'client_credential',
    appid,
    secret: appSecret.reveal(),
    ...(force ? { force_refresh: true } : {}),
  }),
})

/** getAccessToken: each call makes a new token; the one before works for five minutes more. Source: auth.getAccessToken. */
export const classicTokenRequest = (appid: AppId, appSecret: Secret) => {
  const query = new URLSearchParams({ grant_type: 'client_credential', appid, secret: appSecret.reveal() })
  return { method: 'GET' as const, path: `/cgi-bin/token?${query}` }
}

/** The company's own token service. `path` holds the URL's query. */
export const serviceTokenRequest = (credential: ExternalCredential, path: string) => ({
  method: 'GET' as const,
  path,
  headers: { accept: 'application/json', ...revealed(credential) },
})

export const tokenRejectedRequest = (credential: ExternalCredential, path: string, appid: AppId) => ({
  method: 'POST' as const,
  path,
  headers: { ...JSON_TYPE, ...revealed(credential) },
  body: JSON.stringify({ appid }),
})

const revealed = ({ headers }: ExternalCredential): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]))

export const quotaRequest = (endpoint: UpstreamEndpoint, token: AccessToken) => ({
  method: 'POST' as const,
  path: `/cgi-bin/openapi/quota/get${queryOf(token)}`,
  headers: JSON_TYPE,
  body: JSON.stringify({ cgi_path: PATHS[endpoint] }),
})

export const clearQuotaRequest = (appid: AppId, token: AccessToken) => ({
  method: 'POST' as const,
  path: `/cgi-bin/clear_quota${queryOf(token)}`,
  headers: JSON_TYPE,
  body: JSON.stringify({ appid }),
})

/** WeChat's table puts both into the body, its samples into the query. */
export const clearQuotaBySecretRequest = (appid: AppId, appSecret: Secret, where: 'body' | 'query') => {
  const fields = { appid, appsecret: appSecret.reveal() }
  const query = where === 'query' ? `?${new URLSearchParams(fields)}` : ''
  const body = where === 'body' ? JSON.stringify(fields) : '{}'
  return { method: 'POST' as const, path: `/cgi-bin/clear_quota/v2${query}`, headers: JSON_TYPE, body }
}
