/**
 * The app's current token: from the store, or fetched by whichever process holds the flight. One question at a time for an app
 * is the caller's affair; here nothing is kept in memory.
 */
import { randomUUID } from 'node:crypto'
import { type AccessToken, type App, type AppId, type Clock, WaitFault } from '@sunpress/core'
import { tokenUnavailable } from './token-answer.js'
import { barredFault, decodeFailure, unlessDiffers, unlessLasting } from './token-failure.js'
import { momentOf } from './token-fetch.js'
import { type ObtainedToken, type Quest, refresh, renew } from './token-refresh.js'
import { readToken } from './token-shape.js'
import type { Claim, TokenStore } from './token-store.js'
import { type TokenWay, type TokenWayTerms, wayOf } from './token-way.js'

export interface TokenSourceTerms extends TokenWayTerms {
  readonly apps: (appid: AppId) => App | undefined
  readonly clock: Clock
  /** How long one process may be fetching before another takes over. */
  readonly flightMs: number
}

export interface TokenStores {
  readonly shared: TokenStore
  /** Of this process alone. */
  readonly own: TokenStore
}

export interface TokenSource {
  obtain(appid: AppId, signal: AbortSignal): Promise<ObtainedToken>
  /** Drops it for everybody, if it is still the current one. */
  drop(appid: AppId, failed: AccessToken): Promise<void>
}

const POLL_MS = { least: 50, spread: 100 }
/** Longer waits are no affair of somebody with a job in hand. */
const MOST_WAIT_MS = 3_000
const UNKNOWN_APP_MS = 30_000

export function createTokenSource(stores: TokenStores, terms: TokenSourceTerms): TokenSource {
  const { clock, random, flightMs } = terms
  const pathOf = (appid: AppId) => {
    const app = appOf(terms, appid)
    const way = wayOf(terms, app)
    return { app, way, store: way.isShared ? stores.shared : stores.own }
  }

  const obtain = async (appid: AppId, signal: AbortSignal): Promise<ObtainedToken> => {
    const quest: Quest = { ...pathOf(appid), flight: randomUUID(), flightMs, random, signal }
    const { way, store, flight } = quest
    const deadlineMs = clock.monotonic() + 2 * flightMs
    for (let unreadable: string | null = null; ; ) {
      signal.throwIfAborted()
      const { mayForce, seal } = way
      const claim = await store.claim(appid, { flight, flightMs, unreadable, mayForce, mark: seal.mark })
      const opened = openClaim(way, claim)
      if (claim.kind === 'yours') {
        // Nobody waits for a renewal while the old token works.
        if (opened !== null) return { ...opened, renewal: renew(quest, claim) }
        const fetched = await refresh(quest, claim)
        if (fetched !== null) return fetched
      } else if (claim.kind === 'token') {
        if (opened !== null) return opened
        unreadable = claim.sealed
      } else {
        const waitMs = waitOf(terms, claim, deadlineMs)
        await clock.sleep(waitMs, signal)
      }
    }
  }

  return {
    obtain,
    async drop(appid, failed) {
      const { way, store } = pathOf(appid)
      await store.drop(appid, way.seal.fingerprint(failed.value), way.mostGapMs)
    },
  }
}

function appOf({ apps }: TokenSourceTerms, appid: AppId): App {
  const app = apps(appid)
  if (app !== undefined) return app
  throw new WaitFault('app_unknown', `${appid} is not configured here`, UNKNOWN_APP_MS)
}

/** null when there is none, or none that this credential opens. */
function openClaim(way: TokenWay, claim: Claim): ObtainedToken | null {
  if (claim.kind !== 'token' && claim.kind !== 'yours') return null
  const opened = claim.sealed === null ? null : way.seal.open(claim.sealed)
  const value = readToken(opened?.reveal())
  return value === null ? null : { token: { value }, usableMs: claim.usableMs }
}

/** How long until the store is asked again. Throws what is to be told to whoever can't wait so long. */
function waitOf(
  terms: TokenSourceTerms,
  claim: Exclude<Claim, { kind: 'token' | 'yours' }>,
  deadlineMs: number,
): number {
  if (claim.kind === 'failed') {
    throw unlessLasting(decodeFailure(claim.failure, claim.forMs), claim.failingMs, terms.random())
  }
  if (claim.kind === 'barred') {
    throw barredFault(unlessDiffers(decodeFailure(claim.failure, claim.forMs), claim.differs))
  }
  if (claim.kind === 'wait' && claim.forMs > MOST_WAIT_MS) throw spared(claim.forMs)
  if (terms.clock.monotonic() > deadlineMs) {
    throw tokenUnavailable('somebody else has been fetching it for too long', momentOf(terms))
  }
  return Math.min(POLL_MS.least + POLL_MS.spread * terms.random(), claim.forMs + 1)
}

const spared = (forMs: number): WaitFault =>
  new WaitFault('token_spared', 'no access token: the last was refused, the next is asked for later', forMs)
