/** `clear_quota` for an app, by whatever its credential allows. */
import type { AppBook, AppId } from '@sunpress/core'
import {
  clearQuota,
  clearQuotaBySecret,
  type QuotaApiTerms,
  type ClearAnswer as Said,
  type SharedTokens,
} from '@sunpress/wechat'
import type { ClearAnswer } from '../context.js'

interface ClearingParts {
  readonly apps: AppBook
  readonly tokens: Pick<SharedTokens, 'get'>
  readonly terms: QuotaApiTerms
}

const TOTAL_MS = 20_000

export const clearingOf =
  ({ apps, tokens, terms }: ClearingParts) =>
  async (appid: AppId): Promise<ClearAnswer> => {
    const credential = apps.find(appid)?.credential
    const signal = AbortSignal.timeout(TOTAL_MS)
    switch (credential?.kind) {
      case 'secret':
        return answerOf(await clearQuotaBySecret(terms, appid, credential.appSecret, signal))
      case 'cloudrun':
      case 'cloudcall':
      case undefined:
        return { kind: 'refused', message: "This app's quotas can be cleared in WeChat's console alone." }
      case 'component':
      case 'external':
      case 'cloudbase':
        return answerOf(await clearQuota(terms, appid, await tokens.get(appid, signal), signal))
      default:
        return credential satisfies never
    }
  }

function answerOf(said: Said): ClearAnswer {
  if (said.kind === 'cleared') return { kind: 'cleared' }
  const { errcode, errmsg } = said.words
  const message = `WeChat answered ${errcode}: ${errmsg}`
  return { kind: said.until === 'next_month' ? 'exhausted' : 'refused', message }
}
