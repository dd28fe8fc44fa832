/**
 * A token of the company's own token service. The service is told first when WeChat refused its last token, so that it can
 * have another ready; whether it listens makes no difference to us.
 */
import type { App, ExternalCredential } from '@sunpress/core'
import type { OriginClients } from './origin-clients.js'
import { classifyServiceAnswer } from './service-answer.js'
import type { TokenAnswer } from './token-answer.js'
import { askForToken, type TokenAsk, type TokenFetchTerms } from './token-fetch.js'
import { serviceTokenRequest, tokenRejectedRequest } from './token-url.js'

export interface ServiceFetchTerms extends Omit<TokenFetchTerms, 'http'> {
  readonly services: OriginClients
}

/** Of the time that the whole may take. */
const TELLING = 0.3

export async function fetchFromService(
  terms: ServiceFetchTerms,
  app: App,
  credential: ExternalCredential,
  { refused, totalMs }: TokenAsk,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  if (refused) await tellRejected(terms, app, credential, totalMs * TELLING, signal)
  const { client, path } = terms.services.at(credential.url)
  const leftMs = refused ? totalMs * (1 - TELLING) : totalMs
  const request = { ...serviceTokenRequest(credential, path), totalMs: leftMs, signal }
  const asked = { app: app.appid, endpoint: 'token_service' } as const
  return await askForToken(terms, asked, client, request, (answer, moment) =>
    classifyServiceAnswer(credential, answer, Object.values(credential.headers), moment),
  )
}

async function tellRejected(
  { services }: ServiceFetchTerms,
  app: App,
  credential: ExternalCredential,
  totalMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (credential.rejectedUrl === null) return
  const { client, path } = services.at(credential.rejectedUrl)
  try {
    await client.request({ ...tokenRejectedRequest(credential, path, app.appid), totalMs, signal })
  } catch {
    // Asked for a token all the same: it may know by itself, and if it doesn't, the token will be refused again.
  }
}
