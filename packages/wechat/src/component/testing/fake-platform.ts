/**
 * WeChat's side of a platform over a socket, with the rules that matter: one ticket is good, each refresh brings another refresh
 * token, the one before works until `forget`, and the list makes new ones for all merchants. For tests.
 */
import { type ScriptedWechat, startScriptedWechat } from '../../testing/scripted-wechat.js'

export interface FakePlatform {
  readonly wechat: ScriptedWechat
  /** The ticket that is good. */
  ticket: string
  /** Refresh tokens that are good, the current one last. */
  readonly refreshTokens: Map<string, string[]>
  /** Calls by endpoint, in order. */
  readonly calls: string[]
  /** Answers of an endpoint in place of its own, one each. */
  readonly instead: Map<string, object[]>
  /** Called before an endpoint answers. */
  before: (endpoint: string) => void | Promise<void>
  /** The five minutes of the old refresh tokens are over. */
  forget(): void
  expireComponentToken(): void
  close(): Promise<void>
}

const ENDPOINTS = ['api_component_token', 'api_query_auth', 'api_authorizer_token', 'api_get_authorizer_list']

export async function startFakePlatform(): Promise<FakePlatform> {
  let minted = 0
  let componentToken = ''
  const codes = new Set<string>()
  const mint = (what: string) => `${what}@@@${String(++minted).padStart(4, '0')}${'x'.repeat(36)}`
  const rotate = (appid: string): string => {
    const next = mint('refreshtoken')
    fake.refreshTokens.set(appid, [...(fake.refreshTokens.get(appid) ?? []), next].slice(-2))
    return next
  }
  const tokens = (appid: string) => ({
    authorizer_access_token: mint(`token-${appid}`),
    expires_in: 7_200,
    authorizer_refresh_token: rotate(appid),
  })
  const answers: Record<string, (body: Record<string, string>) => object> = {
    api_component_token(body) {
      if (body['component_verify_ticket'] !== fake.ticket)
        return { errcode: 61006, errmsg: 'component ticket is invalid' }
      componentToken = mint('component')
      return { component_access_token: componentToken, expires_in: 7_200 }
    },
    api_query_auth({ authorization_code: code = '' }) {
      const appid = code.split('@@@')[1] ?? ''
      if (codes.has(code)) return { errcode: 61009, errmsg: `code is invalid ${code}` }
      codes.add(code)
      return { authorization_info: { authorizer_appid: appid, ...tokens(appid), func_info: [] } }
    },
    api_authorizer_token({ authorizer_appid: appid = '', authorizer_refresh_token: given = '' }) {
      const good = fake.refreshTokens.get(appid) ?? []
      if (!good.includes(given)) return { errcode: 61023, errmsg: `refresh_token is invalid ${given}` }
      return tokens(appid)
    },
    api_get_authorizer_list() {
      const list = [...fake.refreshTokens.keys()].map((appid) => ({
        authorizer_appid: appid,
        refresh_token: rotate(appid),
        auth_time: 0,
      }))
      return { total_count: list.length, list }
    },
  }
  const wechat = await startScriptedWechat()
  for (const endpoint of ENDPOINTS) {
    wechat.script(`/cgi-bin/component/${endpoint}`, async (response, { query, body }) => {
      fake.calls.push(endpoint)
      await fake.before(endpoint)
      const isStale =
        endpoint !== 'api_component_token' && query.get('component_access_token') !== componentToken
      const stale = { errcode: 40001, errmsg: 'invalid credential' }
      const answer =
        fake.instead.get(endpoint)?.shift() ??
        (isStale ? stale : answers[endpoint]?.(JSON.parse(body) as Record<string, string>))
      response.end(JSON.stringify(answer))
    })
  }
  const fake: FakePlatform = {
    wechat,
    ticket: 'ticket@@@1',
    refreshTokens: new Map(),
    calls: [],
    instead: new Map(),
    before: () => {},
    forget() {
      for (const [appid, tokens] of fake.refreshTokens) fake.refreshTokens.set(appid, tokens.slice(-1))
    },
    expireComponentToken() {
      componentToken = ''
    },
    close: () => wechat.close(),
  }
  return fake
}
