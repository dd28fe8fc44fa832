/** One call for a token: the token, or the fault that stands for everything that can go wrong. Asks nothing twice. */
import { type App, type AppId, type Clock, isFault, RetryFault, type SecretCredential } from '@sunpress/core'
import type { HttpAnswer, HttpClient, HttpRequest } from '@sunpress/http'
import { type CallObserver, type TokenEndpoint, transportLabel } from './call-observer.js'
import type { Moment } from './next-minute.js'
import { classifyTokenAnswer, type TokenAnswer, tokenUnavailable } from './token-answer.js'
import { classicTokenRequest, stableTokenRequest } from './token-url.js'

export interface TokenFetchTerms {
  readonly http: HttpClient
  readonly clock: Pick<Clock, 'now'>
  /** From 0 up to 1. */
  readonly random: () => number
  readonly observer: CallObserver
}

/** How a token is asked for. */
export interface TokenAsk {
  /** With force_refresh, where there is such a thing. */
  readonly force: boolean
  /** WeChat refused the last token. */
  readonly refused: boolean
  readonly totalMs: number
}

export const momentOf = ({ clock, random }: Pick<TokenFetchTerms, 'clock' | 'random'>): Moment => ({
  nowMs: clock.now(),
  random: random(),
})

/** The app's own secret at WeChat. */
export function fetchBySecret(
  terms: TokenFetchTerms,
  app: App,
  { appSecret, endpoint }: SecretCredential,
  { force, totalMs }: TokenAsk,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const request =
    endpoint === 'stable'
      ? stableTokenRequest(app.appid, appSecret, force)
      : classicTokenRequest(app.appid, appSecret)
  const asked = { app: app.appid, endpoint: endpoint === 'stable' ? 'stable_token' : 'token' } as const
  return askForToken(terms, asked, terms.http, { ...request, totalMs, signal }, (answer, moment) =>
    classifyTokenAnswer(answer, appSecret, moment),
  )
}

/** Makes the call and counts it; a fault of the transport is a wait. */
export async function askForToken(
  terms: Omit<TokenFetchTerms, 'http'>,
  asked: { readonly app: AppId; readonly endpoint: TokenEndpoint },
  http: HttpClient,
  request: HttpRequest,
  classify: (answer: HttpAnswer, moment: Moment) => TokenAnswer,
): Promise<TokenAnswer> {
  const told = (errcode: string) => terms.observer.called(asked.app, asked.endpoint, errcode)
  try {
    const classified = classify(await http.request(request), momentOf(terms))
    told(classified.errcode)
    return classified
  } catch (reason) {
    if (!isFault(reason)) throw reason
    const errcode = transportLabel(reason.code)
    if (reason instanceof RetryFault) told(errcode)
    return { kind: 'fault', fault: tokenUnavailable(errcode, momentOf(terms), reason), errcode }
  }
}
