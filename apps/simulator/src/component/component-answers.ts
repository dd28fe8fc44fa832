/** The answers of the routes of third-party platforms. */
import { type Answer, type Call, fieldsOf, refusal, type World } from '../call.js'
import type { JsonObject } from '../fields.js'
import type { Authorizer } from './authorizer.js'
import { platformOf, textOf } from './component-checks.js'
import type { Grant, Platform, Refused } from './platform.js'

export function answerComponentToken(call: Call, { platforms }: World): Answer {
  const platform = platforms.find(textOf(call, 'component_appid'))
  const taken = platform?.takeToken(call.now)
  if (taken === undefined || 'errcode' in taken) return refusal(taken?.errcode ?? 40013)
  return json({ component_access_token: taken.token, expires_in: platform?.config.tokenSeconds })
}

export function answerQueryAuth(call: Call, world: World): Answer {
  return withPlatform(call, world, (platform) => {
    return answerGrant(platform.redeem(textOf(call, 'authorization_code'), call.now), (grant) => ({
      authorization_info: {
        authorizer_appid: grant.authorizer.appid,
        ...tokenFields(grant, platform),
        func_info: tellFuncs(grant.authorizer),
      },
    }))
  })
}

export function answerAuthorizerToken(call: Call, world: World): Answer {
  return withPlatform(call, world, (platform) => {
    const refreshToken = textOf(call, 'authorizer_refresh_token')
    return answerGrant(platform.refresh(textOf(call, 'authorizer_appid'), refreshToken, call.now), (grant) =>
      tokenFields(grant, platform),
    )
  })
}

const LONGEST_LIST = 500

export function answerAuthorizerList(call: Call, world: World): Answer {
  const { offset = 0, count = LONGEST_LIST } = fieldsOf(call)
  if (!isCount(offset) || !isCount(count)) return refusal(47001)
  return withPlatform(call, world, (platform) => {
    const { total, rows } = platform.list(offset, Math.min(count, LONGEST_LIST), call.now)
    const list = rows.map(({ authorizer, refreshToken }) => ({
      authorizer_appid: authorizer.appid,
      refresh_token: refreshToken,
      auth_time: Math.floor(authorizer.authorisedAt / 1000),
    }))
    return json({ total_count: total, list })
  })
}

export function answerAuthorizerInfo(call: Call, world: World): Answer {
  return withPlatform(call, world, (platform) => {
    const authorizer = platform.authorizers.get(textOf(call, 'authorizer_appid'))
    if (authorizer === undefined || authorizer.withdrawn) return refusal(61003)
    const { appid, refreshTokens } = authorizer
    return json({
      authorizer_info: { nick_name: appid, user_name: `gh_${appid}`, MiniProgramInfo: {} },
      authorization_info: {
        authorizer_appid: appid,
        authorizer_refresh_token: refreshTokens.current(),
        func_info: tellFuncs(authorizer),
      },
    })
  })
}

function withPlatform(call: Call, world: World, answer: (platform: Platform) => Answer): Answer {
  const platform = platformOf(call, world)
  return platform === undefined ? refusal(40001) : answer(platform)
}

function answerGrant(granted: Grant | Refused, tell: (grant: Grant) => JsonObject): Answer {
  return 'errcode' in granted ? refusal(granted.errcode) : json(tell(granted))
}

function tokenFields({ token, refreshToken }: Grant, { config }: Platform): JsonObject {
  return {
    authorizer_access_token: token,
    expires_in: config.tokenSeconds,
    authorizer_refresh_token: refreshToken,
  }
}

function tellFuncs({ funcs }: Authorizer) {
  return funcs.map((id) => ({ funcscope_category: { id } }))
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function json(body: JsonObject): Answer {
  return { kind: 'json', body }
}
