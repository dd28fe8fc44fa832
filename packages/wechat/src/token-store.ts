/** The shared token in Redis: four scripts with typed answers. Throws WaitFault `redis_unavailable`. */
import type { AppId } from '@sunpress/core'
import { appKeys, readScript, runScript } from '@sunpress/redis'

export type RedisClient = Parameters<typeof runScript>[0]

/** Ms by the clock of Redis, from now. */
export type Claim =
  | { readonly kind: 'token'; readonly sealed: string; readonly usableMs: number }
  /** The caller is to fetch a token; `sealed` is the old one while it still works. */
  | { readonly kind: 'yours'; readonly sealed: string | null; readonly usableMs: number }
  /** Somebody else is fetching, for at most so long. */
  | { readonly kind: 'busy'; readonly forMs: number }
  /** Too soon after the last fetch. */
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'failed'; readonly failure: string; readonly forMs: number }

export interface NewToken {
  readonly sealed: string
  readonly fingerprint: string
  readonly lifetimeMs: number
  readonly usableMs: number
  readonly renewAfterMs: number
}

export interface TokenStore {
  /** `unreadable`: a sealed token that is none to the caller. */
  claim(app: AppId, flight: string, flightMs: number, unreadable: string | null): Promise<Claim>
  /** False when the flight was lost. */
  store(app: AppId, flight: string, token: NewToken): Promise<boolean>
  fail(app: AppId, flight: string, failure: string, pauseMs: number): Promise<void>
  /** True when that token was the current one. */
  drop(app: AppId, fingerprint: string): Promise<boolean>
}

/** At most one refresh in this time, however many callers find the token refused. */
const REFRESH_GAP_MS = 2_000
/** A token lives 2 h; its key a little longer. */
const KEEP_MS = 3 * 3_600_000

export function createTokenStore(redis: RedisClient, namespace: string): TokenStore {
  const scripts = {
    claim: readScript('claim-token', import.meta.url),
    store: readScript('store-token', import.meta.url),
    fail: readScript('fail-token', import.meta.url),
    drop: readScript('drop-token', import.meta.url),
  }
  const run = (name: keyof typeof scripts, app: AppId, args: readonly (string | number)[]) => {
    const { token, tokenFlight } = appKeys(namespace, app)
    return runScript(redis, scripts[name], name === 'drop' ? [token] : [token, tokenFlight], args)
  }
  return {
    async claim(app, flight, flightMs, unreadable) {
      return readClaim(await run('claim', app, [flight, flightMs, unreadable ?? '']))
    },
    async store(app, flight, token) {
      const times = [token.lifetimeMs, token.usableMs, token.renewAfterMs].map(Math.round)
      const args = [flight, token.sealed, token.fingerprint, ...times, REFRESH_GAP_MS, KEEP_MS]
      return (await run('store', app, args)) === 1
    },
    async fail(app, flight, failure, pauseMs) {
      await run('fail', app, [flight, failure, Math.round(pauseMs), KEEP_MS])
    },
    drop: async (app, fingerprint) => (await run('drop', app, [fingerprint])) === 1,
  }
}

function readClaim(reply: unknown): Claim {
  const [kind, first, second] = reply as [Claim['kind'], string, number]
  switch (kind) {
    case 'token':
      return { kind, sealed: first, usableMs: second }
    case 'yours':
      return { kind, sealed: first === '' ? null : first, usableMs: second }
    case 'failed':
      return { kind, failure: first, forMs: second }
    default:
      return { kind, forMs: Math.max(0, Number(first)) }
  }
}
