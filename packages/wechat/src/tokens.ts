/**
 * Core's Tokens over stable_token and Redis. Promises: all processes use one token; it is fetched by one of them at a time,
 * at most once in 2 s; only the token that failed is dropped; it stands in Redis sealed. A process that dies while
 * fetching is replaced when its flight ends. Redis away means no token (fail closed), save for one cached seconds ago.
 */
import { type AccessToken, type AppId, type Tokens, WaitFault } from '@sunpress/core'
import { createTokenSource, type ObtainedToken, type TokenSourceTerms } from './token-source.js'
import { createTokenStore, type RedisClient } from './token-store.js'

export interface TokensTerms extends Omit<TokenSourceTerms, 'flightMs'> {
  readonly redis: RedisClient
  readonly namespace: string
  /** How long one process may be fetching before another takes over; by default 10 s. */
  readonly flightMs?: number
  /** How long a token is used without asking Redis; by default 5 s. */
  readonly cacheMs?: number
}

export interface SharedTokens extends Tokens {
  /** Ends fetches under way and waits for them. Twice without harm. */
  close(): Promise<void>
}

const DEFAULT_FLIGHT_MS = 10_000
const DEFAULT_CACHE_MS = 5_000

export function createTokens(terms: TokensTerms): SharedTokens {
  const { clock, flightMs = DEFAULT_FLIGHT_MS, cacheMs = DEFAULT_CACHE_MS } = terms
  const source = createTokenSource(createTokenStore(terms.redis, terms.namespace), { ...terms, flightMs })
  const cache = new Map<AppId, { readonly token: AccessToken; readonly untilMs: number }>()
  const asking = new Map<AppId, Promise<AccessToken>>()
  const ending = new AbortController()
  const unfinished = new Set<Promise<void>>()

  /** One question for all callers of this process; after a drop the next caller asks anew. */
  const ask = (appid: AppId): Promise<AccessToken> => {
    const keep = ({ token, usableMs }: ObtainedToken): AccessToken => {
      const untilMs = clock.monotonic() + Math.min(cacheMs, usableMs)
      if (asking.get(appid) === asked) cache.set(appid, { token, untilMs })
      return token
    }
    const forgetAsked = () => {
      if (asking.get(appid) === asked) asking.delete(appid)
      unfinished.delete(finished)
    }
    const asked: Promise<AccessToken> = source.obtain(appid, ending.signal).then(keep)
    const finished: Promise<void> = asked.then(forgetAsked, forgetAsked)
    asking.set(appid, asked)
    unfinished.add(finished)
    return asked
  }

  const forget = (appid: AppId): void => {
    cache.delete(appid)
    asking.delete(appid)
  }

  return {
    async get(appid, signal) {
      signal.throwIfAborted()
      const cached = cache.get(appid)
      if (cached !== undefined && clock.monotonic() < cached.untilMs) return cached.token
      return await untilAborted(asking.get(appid) ?? ask(appid), signal)
    },
    async drop(appid, failed) {
      forget(appid)
      try {
        await source.drop(appid, failed)
      } finally {
        // Whoever asked Redis before the drop may have been given the token that it dropped.
        forget(appid)
      }
    },
    async close() {
      ending.abort(new WaitFault('token_unavailable', 'no access token: shutting down', 0))
      await Promise.all(unfinished)
    },
  }
}

/** One caller's abort must not end what others wait for. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
