/** The shared token in Redis: five scripts with typed answers. Throws WaitFault `redis_unavailable`. */
import type { AppId } from '@sunpress/core'
import { appKeys, readScript, runScript } from '@sunpress/redis'

export type RedisClient = Parameters<typeof runScript>[0]

/** Ms by the clock of Redis, from now. */
export type Claim =
  | { readonly kind: 'token'; readonly sealed: string; readonly usableMs: number }
  | ClaimedFlight
  /** Somebody else is fetching, for at most so long. */
  | { readonly kind: 'busy'; readonly forMs: number }
  /** Too soon after the last fetch. */
  | { readonly kind: 'wait'; readonly forMs: number }
  /** `failingMs`: for how long there has been neither a token nor anything but failures. */
  | { readonly kind: 'failed'; readonly failure: string; readonly forMs: number; readonly failingMs: number }
  /** This host's own trouble, or this credential's: others may ask. `differs`: others work with another credential. */
  | { readonly kind: 'barred'; readonly failure: string; readonly forMs: number; readonly differs: boolean }

/** The caller is to fetch a token; `sealed` is the old one while it still works. */
export interface ClaimedFlight {
  readonly kind: 'yours'
  readonly sealed: string | null
  readonly usableMs: number
  /** With force_refresh: WeChat refuses what its normal mode keeps giving back. Counted already. */
  readonly force: boolean
  /** WeChat refused the last token. */
  readonly refused: boolean
}

export interface ClaimAsk {
  readonly flight: string
  readonly flightMs: number
  /** A sealed token that is none to the caller. */
  readonly unreadable: string | null
  readonly mayForce: boolean
  /** Tells the caller's credential from others: TokenSeal's. */
  readonly mark: string
}

export interface NewToken {
  readonly sealed: string
  readonly fingerprint: string
  readonly lifetimeMs: number
  readonly usableMs: number
  readonly renewAfterMs: number
  /** No refresh before, whatever happens. */
  readonly gapMs: number
  /** Of the credential that it was fetched with. */
  readonly mark: string
}

export interface TokenFailure {
  readonly text: string
  readonly pauseMs: number
  /** `host`: it is the address of this host that is refused. `credential`: it is what this process asks with. */
  readonly of: 'fleet' | 'host' | 'credential'
  readonly mark: string
}

/** What others have, as Claim tells it. */
export interface FailureStanding {
  readonly failingMs: number
  readonly differs: boolean
}

export interface TokenStore {
  claim(app: AppId, ask: ClaimAsk): Promise<Claim>
  /** False when the flight was lost. */
  store(app: AppId, flight: string, token: NewToken): Promise<boolean>
  fail(app: AppId, flight: string, failure: TokenFailure): Promise<FailureStanding>
  /** True when that token was the current one. */
  drop(app: AppId, fingerprint: string, mostGapMs: number): Promise<boolean>
  /** Forgets failures and waits. */
  lift(app: AppId): Promise<void>
}

/** Before another host tries what one host's address was refused for. */
const OTHERS_PAUSE_MS = 2_000
/** Longer than any token, any wait of a host, and the day that forced refreshes are counted in. */
const KEEP_MS = 25 * 3_600_000

export function createTokenStore(redis: RedisClient, namespace: string, host: string): TokenStore {
  const scripts = {
    claim: readScript('claim-token', import.meta.url),
    store: readScript('store-token', import.meta.url),
    fail: readScript('fail-token', import.meta.url),
    drop: readScript('drop-token', import.meta.url),
    lift: readScript('lift-token', import.meta.url),
  }
  const run = (name: keyof typeof scripts, app: AppId, args: readonly (string | number)[]) => {
    const { token, tokenFlight } = appKeys(namespace, app)
    const keys = name === 'drop' || name === 'lift' ? [token] : [token, tokenFlight]
    return runScript(redis, scripts[name], keys, args)
  }
  return {
    async claim(app, { flight, flightMs, unreadable, mayForce, mark }) {
      const args = [flight, flightMs, unreadable ?? '', host, mayForce ? 1 : 0, mark]
      return readClaim(await run('claim', app, args))
    },
    async store(app, flight, token) {
      const times = [token.lifetimeMs, token.usableMs, token.renewAfterMs, token.gapMs].map(Math.round)
      const args = [flight, token.sealed, token.fingerprint, ...times, KEEP_MS, token.mark]
      return (await run('store', app, args)) === 1
    },
    async fail(app, flight, { text, pauseMs, of, mark }) {
      const whose = { fleet: '', host, credential: `credential:${mark}` }[of]
      const args = [flight, text, Math.round(pauseMs), KEEP_MS, whose, OTHERS_PAUSE_MS, mark]
      const reply = await run('fail', app, args)
      const [failingMs = 0, differs = 0] = Array.isArray(reply) ? (reply as number[]) : []
      return { failingMs, differs: differs === 1 }
    },
    drop: async (app, fingerprint, mostGapMs) => (await run('drop', app, [fingerprint, mostGapMs])) === 1,
    async lift(app) {
      await run('lift', app, [])
    },
  }
}

function readClaim(reply: unknown): Claim {
  // The fourth means something else in each kind.
  const [kind, first, second, force, refused] = reply as [Claim['kind'], string, number, number?, number?]
  switch (kind) {
    case 'token':
      return { kind, sealed: first, usableMs: second }
    case 'yours':
      return {
        kind,
        sealed: first === '' ? null : first,
        usableMs: second,
        force: force === 1,
        refused: refused === 1,
      }
    case 'failed':
      return { kind, failure: first, forMs: second, failingMs: force ?? 0 }
    case 'barred':
      return { kind, failure: first, forMs: second, differs: force === 1 }
    default:
      return { kind, forMs: Math.max(0, Number(first)) }
  }
}
