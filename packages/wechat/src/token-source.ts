/**
 * The app's current token: from Redis, or fetched by whichever process holds the flight. One question at a time for an app
 * is the caller's affair; here nothing is kept in memory.
 */
import { randomUUID } from 'node:crypto'
import { type AccessToken, type App, type AppId, type Clock, type HoldFault, WaitFault } from '@sunpress/core'
import { tokenUnavailable } from './token-answer.js'
import { decodeFailure, encodeFailure } from './token-failure.js'
import { fetchToken, type TokenFetchTerms } from './token-fetch.js'
import { planToken } from './token-plan.js'
import { createTokenSeal, type TokenSeal } from './token-seal.js'
import type { Claim, TokenStore } from './token-store.js'

export interface TokenSourceTerms extends TokenFetchTerms {
  readonly apps: (appid: AppId) => App | undefined
  readonly clock: Clock
  /** How long one process may be fetching before another takes over. */
  readonly flightMs: number
}

export interface ObtainedToken {
  readonly token: AccessToken
  readonly usableMs: number
}

export interface TokenSource {
  obtain(appid: AppId, signal: AbortSignal): Promise<ObtainedToken>
  /** Drops it for everybody, if it is still the current one. */
  drop(appid: AppId, failed: AccessToken): Promise<void>
}

const POLL_MS = { least: 50, spread: 100 }
const UNKNOWN_APP_MS = 30_000

export function createTokenSource(store: TokenStore, terms: TokenSourceTerms): TokenSource {
  const { clock, random, flightMs } = terms

  const obtain = async (appid: AppId, signal: AbortSignal): Promise<ObtainedToken> => {
    const app = appOf(terms, appid)
    const flight = randomUUID()
    const deadlineMs = clock.monotonic() + 2 * flightMs
    for (let unreadable: string | null = null; ; ) {
      signal.throwIfAborted()
      const claim = await store.claim(appid, flight, flightMs, unreadable)
      const opened = openClaim(app, claim)
      if (claim.kind === 'failed') throw decodeFailure(claim.failure, claim.forMs)
      if (claim.kind === 'yours') {
        const fetched = await refresh(app, flight, opened, signal)
        if (fetched !== null) return fetched
      } else if (claim.kind === 'token') {
        if (opened !== null) return opened
        unreadable = claim.sealed
      } else {
        if (clock.monotonic() > deadlineMs) throw tooLong(terms)
        await clock.sleep(Math.min(POLL_MS.least + POLL_MS.spread * random(), claim.forMs + 1), signal)
      }
    }
  }

  /** null when the flight was lost on the way: what others have fetched counts then. */
  const refresh = async (
    app: App,
    flight: string,
    old: ObtainedToken | null,
    signal: AbortSignal,
  ): Promise<ObtainedToken | null> => {
    // Over before the flight is: whoever takes over must not find the first still fetching.
    const answer = await fetchToken(terms, app, flightMs * 0.8, signal)
    if (answer.kind === 'fault') {
      const pauseMs = signal.aborted ? 0 : pauseOf(answer.fault)
      await store.fail(app.appid, flight, encodeFailure(answer.fault), pauseMs)
      if (old !== null) return old
      throw answer.fault
    }
    const { value, lifetimeMs } = answer
    const seal = sealOf(app)
    const plan = planToken(lifetimeMs, random())
    const token = { sealed: seal.seal(value), fingerprint: seal.fingerprint(value), lifetimeMs, ...plan }
    const stored = await store.store(app.appid, flight, token)
    return stored ? { token: { value }, usableMs: plan.usableMs } : null
  }

  return {
    obtain,
    async drop(appid, failed) {
      await store.drop(appid, sealOf(appOf(terms, appid)).fingerprint(failed.value))
    },
  }
}

function appOf({ apps }: TokenSourceTerms, appid: AppId): App {
  const app = apps(appid)
  if (app !== undefined) return app
  throw new WaitFault('app_unknown', `${appid} is not configured here`, UNKNOWN_APP_MS)
}

const tooLong = ({ clock, random }: TokenSourceTerms): WaitFault => {
  const moment = { nowMs: clock.now(), random: random() }
  return tokenUnavailable('somebody else has been fetching it for too long', moment)
}

const sealOf = (app: App): TokenSeal => createTokenSeal(app.appid, app.credential.appSecret)

/** null when there is none, or none that this AppSecret opens. */
function openClaim(app: App, claim: Claim): ObtainedToken | null {
  if (claim.kind !== 'token' && claim.kind !== 'yours') return null
  const value = claim.sealed === null ? null : sealOf(app).open(claim.sealed)
  return value === null ? null : { token: { value }, usableMs: claim.usableMs }
}

const pauseOf = (fault: WaitFault | HoldFault): number =>
  fault.kind === 'hold' ? fault.forMs : fault.afterMs
