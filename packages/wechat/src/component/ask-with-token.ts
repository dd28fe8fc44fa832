/** Calls with the platform's own token, which is dropped and renewed once when WeChat finds it stale. */
import type { AccessToken, AppId } from '@sunpress/core'
import type { Budget } from './budget.js'
import type { ComponentTokens } from './component-token.js'
import type { PlatformAnswer } from './platform-answer.js'
import { type CallTerms, callPlatform } from './platform-call.js'
import type { PlatformCall, PlatformRequest } from './platform-url.js'

export type AskWithToken = (
  endpoint: PlatformCall,
  account: AppId,
  budget: Budget,
  requestWith: (token: AccessToken) => PlatformRequest,
) => Promise<PlatformAnswer>

const STALE: readonly string[] = ['40001', '40014', '42001']

export function askWithToken(terms: CallTerms, tokens: ComponentTokens): AskWithToken {
  return async (endpoint, account, budget, requestWith) => {
    const once = (token: AccessToken) => callPlatform(terms, account, endpoint, requestWith(token), budget)
    const token = await tokens.get(budget)
    const answer = await once(token)
    if (answer.kind !== 'fault' || !STALE.includes(answer.errcode)) return answer
    await tokens.drop(token)
    return await once(await tokens.get(budget))
  }
}
