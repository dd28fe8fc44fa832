/** How the tokens of an app are fetched, sealed and spared: one way for each kind of credential that has tokens to fetch. */
import type { App, Credential, HoldFault, SecretCredential, WaitFault } from '@sunpress/core'
import { fetchFromService, type ServiceFetchTerms } from './fetch-from-service.js'
import type { Platforms } from './platform.js'
import { sealSecretOf } from './seal-secret.js'
import { isServiceRefusal } from './service-answer.js'
import { isOfCredential, type TokenAnswer, tokenHeld } from './token-answer.js'
import { fetchBySecret, type TokenAsk, type TokenFetchTerms } from './token-fetch.js'
import { createTokenSeal, type TokenSeal } from './token-seal.js'

export interface TokenWayTerms extends TokenFetchTerms, ServiceFetchTerms {
  /** Needed for credentials of kind component. */
  readonly platforms?: Platforms
}

export interface TokenWay {
  readonly seal: TokenSeal
  /** False when there is no secret to seal with: then no token leaves this process. */
  readonly isShared: boolean
  readonly mayForce: boolean
  /** Between two refreshes, at least. */
  readonly gapMs: number
  /** That gap, doubled again and again while fresh tokens are refused, at most. */
  readonly mostGapMs: number
  /** After a call that gave none, at least, whatever the fault says. */
  readonly failedGapMs: number
  /** It is what this process asks with that is refused: another may have another. */
  isOfCredential(fault: WaitFault | HoldFault): boolean
  fetch(ask: TokenAsk, signal: AbortSignal): Promise<TokenAnswer>
}

/** A process that knows nothing of its app's platform asks again so late. */
const NO_PLATFORM_MS = 60_000

/**
 * stable_token bears 10,000 calls a minute. The classic endpoint bears 2,000 a day, which is one in 43.2 s; since a token of it
 * works for five minutes beside its successor, none is refused so soon. The others' limits are unknown.
 */
const SPARED = {
  stable: { gapMs: 2_000, mostGapMs: 60_000, failedGapMs: 0 },
  classic: { gapMs: 45_000, mostGapMs: 300_000, failedGapMs: 45_000 },
  service: { gapMs: 5_000, mostGapMs: 60_000, failedGapMs: 0 },
  platform: { gapMs: 5_000, mostGapMs: 300_000, failedGapMs: 0 },
}

/** Throws HoldFault (reason token) when this process has no way to a token for that app. */
export function wayOf(terms: TokenWayTerms, app: App): TokenWay {
  const { credential } = app
  switch (credential.kind) {
    case 'secret':
      return secretWay(terms, app, credential)
    case 'external': {
      const { secret, isSecret } = sealSecretOf(credential)
      return {
        ...SPARED.service,
        ...{ seal: createTokenSeal(app.appid, secret), isShared: isSecret, mayForce: false },
        isOfCredential: isServiceRefusal,
        fetch: (ask, signal) => fetchFromService(terms, app, credential, ask, signal),
      }
    }
    case 'component': {
      const platform = terms.platforms?.find(credential.component)
      if (platform === undefined) throw noWay(credential)
      return {
        ...SPARED.platform,
        ...{ seal: createTokenSeal(app.appid, platform.appSecret), isShared: true, mayForce: false },
        isOfCredential,
        fetch: ({ totalMs }, signal) => platform.authorizerToken(app.appid, totalMs, signal),
      }
    }
    default:
      throw noWay(credential)
  }
}

function secretWay(terms: TokenWayTerms, app: App, credential: SecretCredential): TokenWay {
  return {
    ...SPARED[credential.endpoint],
    seal: createTokenSeal(app.appid, credential.appSecret),
    isShared: true,
    mayForce: credential.endpoint === 'stable',
    isOfCredential,
    fetch: (ask, signal) => fetchBySecret(terms, app, credential, ask, signal),
  }
}

function noWay(credential: Credential) {
  const why =
    credential.kind === 'component'
      ? `the platform ${credential.component} is not known here`
      : `a credential of kind ${credential.kind} has none to fetch`
  return tokenHeld('token_no_way', why, NO_PLATFORM_MS)
}
