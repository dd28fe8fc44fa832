/**
 * The tokens that one process has just been given: one question for all of its callers, its answer believed for a few seconds.
 * After `forget` the next caller asks anew.
 */
import { type AccessToken, type AppId, type Clock, WaitFault } from '@sunpress/core'
import type { ObtainedToken } from './token-refresh.js'

export interface TokenCache {
  get(app: AppId, signal: AbortSignal): Promise<AccessToken>
  forget(app: AppId): void
  /** Ends questions and renewals under way and waits for them. Twice without harm. */
  close(): Promise<void>
}

export interface TokenCacheTerms {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly cacheMs: number
  readonly obtain: (app: AppId, signal: AbortSignal) => Promise<ObtainedToken>
}

export function createTokenCache({ clock, cacheMs, obtain }: TokenCacheTerms): TokenCache {
  const cache = new Map<AppId, { readonly token: AccessToken; readonly untilMs: number }>()
  const asking = new Map<AppId, Promise<AccessToken>>()
  const ending = new AbortController()
  const unfinished = new Set<Promise<void>>()

  const track = (work: Promise<void>): void => {
    unfinished.add(work)
    void work.then(() => unfinished.delete(work))
  }

  const ask = (app: AppId): Promise<AccessToken> => {
    const keep = ({ token, usableMs, renewal }: ObtainedToken): AccessToken => {
      if (renewal !== undefined) track(renewal)
      const untilMs = clock.monotonic() + Math.min(cacheMs, usableMs)
      if (asking.get(app) === asked) cache.set(app, { token, untilMs })
      return token
    }
    const forgetAsked = () => {
      if (asking.get(app) === asked) asking.delete(app)
    }
    const asked: Promise<AccessToken> = obtain(app, ending.signal).then(keep)
    asking.set(app, asked)
    track(asked.then(forgetAsked, forgetAsked))
    return asked
  }

  return {
    async get(app, signal) {
      const cached = cache.get(app)
      if (cached !== undefined && clock.monotonic() < cached.untilMs) return cached.token
      return await untilAborted(asking.get(app) ?? ask(app), signal)
    },
    forget(app) {
      cache.delete(app)
      asking.delete(app)
    },
    async close() {
      ending.abort(new WaitFault('token_unavailable', 'no access token: shutting down', 0))
      while (unfinished.size > 0) await Promise.all(unfinished)
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
