/**
 * The one module that writes tokens and AppSecrets into requests. What it gives goes straight to the HTTP client, which
 * keeps queries and bodies out of every error; it must never be logged or stored.
 */
import type { AccessToken, AppId, Secret, UpstreamEndpoint } from '@sunpress/core'

const PATHS: Record<UpstreamEndpoint, string> = {
  getwxacodeunlimit: '/wxa/getwxacodeunlimit',
  getwxacode: '/wxa/getwxacode',
  createwxaqrcode: '/cgi-bin/wxaapp/createwxaqrcode',
}

/** Path and query of a code call. WeChat takes the token in the query only. */
export const codeUrl = (endpoint: UpstreamEndpoint, token: AccessToken): string =>
  `${PATHS[endpoint]}?access_token=${encodeURIComponent(token.value.reveal())}`

/**
 * getStableAccessToken in its normal mode: the same token until five minutes before its end, so that asking again
 * never invalidates what others use. Source: api_getstableaccesstoken.
 */
export const stableTokenRequest = (appid: AppId, appSecret: Secret) => ({
  method: 'POST' as const,
  path: '/cgi-bin/stable_token',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ grant_type: 'client_credential', appid, secret: appSecret.reveal() }),
})
