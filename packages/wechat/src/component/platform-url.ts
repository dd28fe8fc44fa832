/**
 * The one module that writes a platform's secrets into requests: its token into URLs, tickets and refresh tokens into bodies.
 * What it gives goes straight to the HTTP client, which keeps queries and bodies out of every error; it must never be logged
 * or stored. NOTE: WeChat's pages of 2025 print `access_token` for the query; `component_access_token`, as older ones have it,
 * is what is sent.
 */
import type { AccessToken, AppId, Component, ComponentId, Secret } from '@sunpress/core'

export interface PlatformRequest {
  readonly method: 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What WeChat might echo. */
  readonly secrets: readonly Secret[]
}

/** Named as telemetry names them; WeChat puts `api_` or `api_get_` before. */
export type PlatformCall = 'component_token' | 'query_auth' | 'authorizer_token' | 'authorizer_list'

const PATHS: Readonly<Record<PlatformCall, string>> = {
  component_token: '/cgi-bin/component/api_component_token',
  query_auth: '/cgi-bin/component/api_query_auth',
  authorizer_token: '/cgi-bin/component/api_authorizer_token',
  authorizer_list: '/cgi-bin/component/api_get_authorizer_list',
}

/** How many merchants a page of the list has at most, by WeChat's word. */
export const LIST_PAGE = 500

export const componentTokenRequest = ({ appid, appSecret }: Component, ticket: Secret): PlatformRequest =>
  post('component_token', null, [appSecret, ticket], {
    component_appid: appid,
    component_appsecret: appSecret.reveal(),
    component_verify_ticket: ticket.reveal(),
  })

export const queryAuthRequest = (component: ComponentId, token: AccessToken, code: Secret): PlatformRequest =>
  post('query_auth', token, [code], { component_appid: component, authorization_code: code.reveal() })

export const authorizerTokenRequest = (
  component: ComponentId,
  token: AccessToken,
  merchant: AppId,
  refreshToken: Secret,
): PlatformRequest =>
  post('authorizer_token', token, [refreshToken], {
    component_appid: component,
    authorizer_appid: merchant,
    authorizer_refresh_token: refreshToken.reveal(),
  })

export const authorizerListRequest = (
  component: ComponentId,
  token: AccessToken,
  offset: number,
): PlatformRequest =>
  post('authorizer_list', token, [], { component_appid: component, offset, count: LIST_PAGE })

function post(
  endpoint: PlatformCall,
  token: AccessToken | null,
  secrets: readonly Secret[],
  body: Readonly<Record<string, string | number>>,
): PlatformRequest {
  const query =
    token === null ? '' : `?component_access_token=${encodeURIComponent(token.value.reveal().toWellFormed())}`
  return {
    method: 'POST',
    path: PATHS[endpoint] + query,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    secrets: token === null ? secrets : [...secrets, token.value],
  }
}
