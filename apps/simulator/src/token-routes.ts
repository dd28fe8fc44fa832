/** The two ways to a token: what the checks ask of a request, and the answer. */
import { type Answer, type Call, type Check, fieldsOf, refusal, type World } from './call.js'
import type { JsonObject } from './fields.js'
import { wordOf } from './ip-texts.js'
import type { TokenAnswer, TokenLine, Tokens } from './tokens.js'

type Credential = { readonly grantType: unknown; readonly appid: unknown; readonly secret: unknown }

function fromQuery({ query }: Call): Credential {
  return { grantType: query.get('grant_type'), appid: query.get('appid'), secret: query.get('secret') }
}

function fromBody(call: Call): Credential {
  const fields = fieldsOf(call)
  return { grantType: fields['grant_type'], appid: fields['appid'], secret: fields['secret'] }
}

/** A real one has 18 characters; test names may be longer, but fit a picture's note. */
const MAX_APPID_LENGTH = 128

/** grant_type, appid, secret, each with its own errcode. @param wrongSecret what a wrong secret is answered. */
function credential(read: (call: Call) => Credential, wrongSecret: (call: Call) => number): Check {
  return {
    name: 'credential',
    judge: (call, { platforms }) => {
      const { grantType, appid, secret } = read(call)
      if (grantType !== 'client_credential') return refusal(40002)
      if (!appid) return refusal(41002)
      if (!secret) return refusal(41004)
      if (platforms.find(call.appid) !== undefined) return refusal(61024)
      if (call.app === undefined || call.appid.length > MAX_APPID_LENGTH) return refusal(40013)
      return (call.app.config.secret ?? secret) === secret ? undefined : refusal(wrongSecret(call))
    },
  }
}

export const queryCredential = credential(fromQuery, (call) => Number(call.app?.config.wrongSecret))
export const bodyCredential = credential(fromBody, () => 40125)

const STABLE_TYPES = { grant_type: 'string', appid: 'string', secret: 'string', force_refresh: 'boolean' }

export const stableTypes: Check = {
  name: 'stableTypes',
  judge: (call) => {
    const fields = fieldsOf(call)
    const right = Object.entries(STABLE_TYPES).every(([name, type]) => {
      return fields[name] === undefined || typeof fields[name] === type
    })
    return right ? undefined : refusal(47001)
  },
}

/** The addresses that may ask for tokens; others are told their own. */
export const ipAllowed: Check = {
  name: 'ipAllowed',
  judge: ({ app, clientIp }) => {
    const listed = app?.config.ipWhitelist?.includes(clientIp) ?? true
    return listed ? undefined : refusal(40164, wordOf(40164, clientIp))
  },
}

export function answerClassic(call: Call, { tokens }: World): Answer {
  const older = olderToken(call, tokens, 'classic')
  if (older !== undefined) return older
  return answerToken(tokens.mintClassic(call.appid, call.now))
}

/** The fault older_token: a token that was handed out before the current one, as of a copy that lags behind. */
function olderToken({ fault, appid, now }: Call, tokens: Tokens, line: TokenLine): Answer | undefined {
  const older = fault?.kind === 'older_token' ? tokens.older(appid, line, now) : undefined
  return older && answerToken(older)
}

export function answerStable(call: Call, { tokens }: World): Answer {
  const older = olderToken(call, tokens, 'stable')
  if (older !== undefined) return older
  const forced = fieldsOf(call)['force_refresh'] === true
  return answerToken(
    forced ? tokens.forceStable(call.appid, call.now) : tokens.takeStable(call.appid, call.now),
  )
}

function answerToken(answer: TokenAnswer): Answer {
  if ('errcode' in answer) return refusal(answer.errcode)
  const body: JsonObject = { access_token: answer.token, expires_in: answer.expiresIn }
  return { kind: 'json', body }
}

/** The appid that a token request names, for counting and for finding its app. */
export function namedAppid(query: URLSearchParams, fields: JsonObject): string {
  const named =
    fields['appid'] ?? query.get('appid') ?? fields['authorizer_appid'] ?? fields['component_appid']
  return typeof named === 'string' ? named : ''
}
