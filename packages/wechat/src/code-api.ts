/** Core's CodeApi over HTTP: one call, one answer, classified. Asks nothing twice by itself. */
import type { AccessToken, App, AppId, Clock, CodeApi, CodeCall, Secret } from '@sunpress/core'
import type { HttpAnswer, HttpClient } from '@sunpress/http'
import type { CallObserver } from './call-observer.js'
import { callWechat } from './call-wechat.js'
import { type AnswerParts, type Classified, classifyAnswer } from './classify-answer.js'
import { classifyCloudrunAnswer } from './cloudrun-answer.js'
import { codeBody } from './code-body.js'
import type { Moment } from './next-minute.js'
import type { OriginClients } from './origin-clients.js'
import { cloudrunUrl, codeUrl } from './token-url.js'

export interface CodeApiTerms {
  readonly http: HttpClient
  readonly clock: Pick<Clock, 'now'>
  readonly observer: CallObserver
  /** From 0 up to 1. */
  readonly random: () => number
}

/** Where a call goes, and what its answer means there. */
interface Route {
  readonly http: HttpClient
  readonly path: string
  readonly classify: (answer: AnswerParts, moment: Moment) => Classified
}

export interface TokenApiTerms extends CodeApiTerms {
  /** What the app's tokens are got with: should WeChat echo it, it stays in no word. */
  readonly secretsOf?: (appid: AppId) => readonly Secret[]
}

/** With an access token, at WeChat itself. */
export function createCodeApi(terms: TokenApiTerms): CodeApi {
  const { secretsOf = () => [] } = terms
  return createRoutedApi(terms, (call, token) => ({
    http: terms.http,
    path: codeUrl(call.endpoint, token),
    classify: (answer, moment) => classifyAnswer(answer, moment, [token.value, ...secretsOf(call.app)]),
  }))
}

export interface CloudrunApiTerms extends Omit<CodeApiTerms, 'http'> {
  readonly apps: (appid: AppId) => App | undefined
  readonly sidecars: OriginClients
}

/** Without a token, through cloud hosting's sidecar. For apps with a credential of kind cloudrun. */
export function createCloudrunApi(terms: CloudrunApiTerms): CodeApi {
  return createRoutedApi(terms, ({ app, endpoint }) => {
    const credential = terms.apps(app)?.credential
    if (credential?.kind !== 'cloudrun') throw new TypeError(`${app}: expected a credential of kind cloudrun`)
    const { client, path } = terms.sidecars.at(credential.baseUrl)
    const base = path.replace(/\/+$/, '')
    return {
      http: client,
      path: base + cloudrunUrl(endpoint, credential.shared ? app : null),
      classify: classifyCloudrunAnswer,
    }
  })
}

function createRoutedApi(
  { clock, observer, random }: Omit<CodeApiTerms, 'http'>,
  routeOf: (call: CodeCall, token: AccessToken) => Route,
): CodeApi {
  return {
    async request(call, token, permit, signal) {
      signal.throwIfAborted()
      const route = routeOf(call, token)
      const answer = await callWechat(route.http, observer, call, {
        method: 'POST',
        path: route.path,
        headers: { 'content-type': 'application/json' },
        body: codeBody(call),
        signal,
        notAfterMs: permit.notAfterMs,
      })
      const classified = route.classify(answer, { nowMs: clock.now(), random: random() })
      observer.called(call.app, call.endpoint, classified.errcode)
      const used = numUsedOf(answer)
      if (used !== null) observer.numUsed(call.app, used)
      if (classified.kind === 'fault') throw classified.fault
      return classified.bytes
    },
  }
}

/** Documented for getwxacode, reported for createwxaqrcode, and not seen by everybody. */
function numUsedOf({ headers }: HttpAnswer): number | null {
  const text = headers['num-used']
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : null
}
