/** What the routes of third-party platforms ask of a call. */
import { type Call, type Check, fieldsOf, refusal, type World } from '../call.js'
import { wordOf } from '../ip-texts.js'
import type { Platform } from './platform.js'

/** The body's text, '' when there is none. */
export function textOf(call: Call, name: string): string {
  const value = fieldsOf(call)[name]
  return typeof value === 'string' ? value : ''
}

/** Every field named must be a text, where it is there at all. */
export function texts(...names: readonly string[]): Check {
  return {
    name: 'texts',
    judge: (call) => {
      const fields = fieldsOf(call)
      const right = names.every((name) => fields[name] === undefined || typeof fields[name] === 'string')
      return right ? undefined : refusal(47001)
    },
  }
}

export const componentNamed: Check = {
  name: 'componentNamed',
  judge: (call) => (textOf(call, 'component_appid') === '' ? refusal(41018) : undefined),
}

/** appid, address, secret and ticket of api_component_token. */
export const componentCredential: Check = {
  name: 'componentCredential',
  judge: (call, { platforms }) => {
    const platform = platforms.find(textOf(call, 'component_appid'))
    const secret = textOf(call, 'component_appsecret')
    if (secret === '') return refusal(41004)
    if (platform === undefined) return refusal(40013)
    if (!admits(platform, call.clientIp)) return refusal(61004, wordOf(61004, call.clientIp))
    if (platform.config.appSecret !== secret) return refusal(40125)
    const ticket = platform.tickets.judge(textOf(call, 'component_verify_ticket'), call.now)
    if (ticket === 'valid') return undefined
    return refusal(ticket === 'expired' ? 61005 : 61006)
  },
}

/** The token that the query names in either of two ways; the documentation prints both. */
function componentToken({ query }: Call): string {
  return query.get('component_access_token') || query.get('access_token') || ''
}

/** Only behind the check `componentAccess`. */
export function platformOf(call: Call, { platforms }: World): Platform | undefined {
  return platforms.lookOwn(componentToken(call), call.now).platform
}

export const componentAccess: Check = {
  name: 'componentAccess',
  judge: (call, world) => {
    const token = componentToken(call)
    if (token === '') return refusal(41001)
    const { platform, state } = world.platforms.lookOwn(token, call.now)
    if (state !== 'valid') return refusal(state === 'expired' ? 42001 : 40001)
    return platform !== undefined && admits(platform, call.clientIp)
      ? undefined
      : refusal(61004, wordOf(61004, call.clientIp))
  },
}

/** The token is another platform's than the body names. */
export const ownComponent: Check = {
  name: 'ownComponent',
  judge: (call, world) => {
    const own = platformOf(call, world)?.config.appid === textOf(call, 'component_appid')
    return own ? undefined : refusal(61011)
  },
}

export const authorizerNamed: Check = {
  name: 'authorizerNamed',
  judge: (call) => (textOf(call, 'authorizer_appid') === '' ? refusal(41002) : undefined),
}

function admits({ config }: Platform, ip: string): boolean {
  return config.ipWhitelist?.includes(ip) ?? true
}
