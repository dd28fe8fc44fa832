/** One call to stable_token: a token, or the fault that stands for everything that can go wrong. Asks nothing twice. */
import { type App, type Clock, isFault, RetryFault } from '@sunpress/core'
import type { HttpClient } from '@sunpress/http'
import { type CallObserver, transportLabel } from './call-observer.js'
import { classifyTokenAnswer, type TokenAnswer, tokenUnavailable } from './token-answer.js'
import { stableTokenRequest } from './token-url.js'

export interface TokenFetchTerms {
  readonly http: HttpClient
  readonly clock: Pick<Clock, 'now'>
  /** From 0 up to 1. */
  readonly random: () => number
  readonly observer: CallObserver
}

export async function fetchToken(
  terms: TokenFetchTerms,
  app: App,
  totalMs: number,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const moment = () => ({ nowMs: terms.clock.now(), random: terms.random() })
  const told = (errcode: string) => terms.observer.called(app.appid, 'stable_token', errcode)
  try {
    const request = stableTokenRequest(app.appid, app.credential.appSecret)
    const classified = classifyTokenAnswer(
      await terms.http.request({ ...request, totalMs, signal }),
      moment(),
    )
    told(classified.errcode)
    return classified
  } catch (reason) {
    if (!isFault(reason)) throw reason
    const errcode = transportLabel(reason.code)
    if (reason instanceof RetryFault) told(errcode)
    return { kind: 'fault', fault: tokenUnavailable(errcode, moment(), reason), errcode }
  }
}
