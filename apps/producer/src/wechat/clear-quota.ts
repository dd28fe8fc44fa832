/** `clear_quota` for an app, by whatever its credential allows. */
import { type AppBook, type AppId, isFault, WaitFault } from '@sunpress/core'
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
        return await answerOf(clearQuotaBySecret(terms, appid, credential.appSecret, signal))
      case 'cloudrun':
      case 'cloudcall':
      case undefined:
        return { kind: 'refused', message: "This app's quotas can be cleared in WeChat's console alone." }
      case 'component':
      case 'external':
      case 'cloudbase':
        return await answerOf(clearQuota(terms, appid, await tokens.get(appid, signal), signal))
      default:
        return credential satisfies never
    }
  }

async function answerOf(asking: Promise<Said>): Promise<ClearAnswer> {
  const said = await asking.catch((fault: unknown) => {
    if (nothingWasCleared(fault)) throw fault
    return { kind: 'unknown' as const, message: fault instanceof Error ? fault.message : 'no answer' }
  })
  if (said.kind !== 'left') return said
  const { errcode, errmsg } = said.words
  const message = `WeChat answered ${errcode}: ${errmsg}`
  return { kind: said.until === 'next_month' ? 'exhausted' : 'refused', message }
}

/** WeChat's errcode says so, or nothing was written. A gateway's answer, a reset or a time-out tells nothing. */
function nothingWasCleared(fault: unknown): boolean {
  if (!isFault(fault)) return false
  if (fault instanceof WaitFault) return fault.code !== 'quota_unavailable'
  return 'words' in fault && fault.words !== null
}
