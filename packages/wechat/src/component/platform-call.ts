/** One call of a platform. Asks nothing twice; everything that can go wrong comes out as a fault of the token. */
import { type AppId, type Clock, HaltFault, isFault, RetryFault } from '@sunpress/core'
import type { HttpClient } from '@sunpress/http'
import { type CallObserver, transportLabel } from '../call-observer.js'
import { tokenUnavailable } from '../token-answer.js'
import type { Budget } from './budget.js'
import { classifyPlatformAnswer, type PlatformAnswer } from './platform-answer.js'
import type { PlatformCall, PlatformRequest } from './platform-url.js'

export interface CallTerms {
  readonly http: Pick<HttpClient, 'request'>
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  /** Told of calls for a merchant, or for the platform itself, whose id stands as an app's. */
  readonly observer: Pick<CallObserver, 'called'>
}

export async function callPlatform(
  terms: CallTerms,
  account: AppId,
  endpoint: PlatformCall,
  { secrets, ...request }: PlatformRequest,
  budget: Budget,
): Promise<PlatformAnswer> {
  const moment = () => ({ nowMs: terms.clock.now(), random: terms.random() })
  try {
    const sent = { ...request, totalMs: budget.leftMs(), signal: budget.signal }
    const answer = classifyPlatformAnswer(await terms.http.request(sent), secrets, moment())
    terms.observer.called(account, endpoint, answer.kind === 'json' ? '0' : answer.errcode)
    return answer
  } catch (reason) {
    if (!isFault(reason) || reason instanceof HaltFault) throw reason
    const errcode = transportLabel(reason.code)
    if (reason instanceof RetryFault) terms.observer.called(account, endpoint, errcode)
    return { kind: 'fault', fault: tokenUnavailable(errcode, moment(), reason), errcode }
  }
}
