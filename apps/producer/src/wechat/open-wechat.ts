/** What a producer asks of WeChat: merchants of a platform, and the clearing of an app's quotas. It prints nothing. */
import type { AppId } from '@sunpress/core'
import { createHttpClient } from '@sunpress/http'
import type { Defer } from '@sunpress/runtime'
import { type Metrics, observeTokens } from '@sunpress/telemetry'
import { type CallObserver, createTokens, isTokenEndpoint, type SharedTokens } from '@sunpress/wechat'
import type { ClearAnswer } from '../context.js'
import { type PlatformBase, startPlatforms } from '../platform/start-platforms.js'
import type { PushParts } from '../platform/take-push.js'
import { clearingOf } from './clear-quota.js'

export interface WechatBase extends Omit<PlatformBase, 'terms'> {
  readonly metrics: Metrics
}

export interface Wechat {
  readonly tokens: SharedTokens
  readonly clearQuota: (app: AppId) => Promise<ClearAnswer>
  /** Where third-party platforms may be configured. */
  readonly pushes: Omit<PushParts, 'authorised'> | undefined
}

/** Calls are few, and their answers small. */
const HTTP = { connections: 8, reserve: 0, maxBytes: 1024 * 1024 }

export async function openWechat(base: WechatBase, defer: Defer): Promise<Wechat> {
  const { apps, clock, config, redis } = base
  const { namespace, wechatBaseUrl: baseUrl } = config
  const random = Math.random
  const http = createHttpClient({ baseUrl, clock, random, ...HTTP })
  defer(() => http.destroy())
  const terms = { http, clock, random, observer: observeCalls(base) }
  const started = await startPlatforms({ ...base, terms }, defer)
  const tokens = createTokens({
    ...{ ...terms, redis, namespace, apps: (appid) => apps.find(appid) },
    ...(started === undefined ? {} : { platforms: started.platforms }),
  })
  defer(() => tokens.close())
  return { tokens, clearQuota: clearingOf({ apps, tokens, terms }), pushes: started?.pushes }
}

/** Only tokens have a metric here: questions about quotas and merchants make no code. */
function observeCalls(base: WechatBase): CallObserver {
  const tokens = observeTokens(base)
  return {
    called(account, endpoint, errcode) {
      if (!isTokenEndpoint(endpoint)) return
      tokens.refreshed(account, errcode === '0' ? 'refreshed' : 'failed', errcode)
    },
    numUsed: () => {},
  }
}
