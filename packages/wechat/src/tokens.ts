/**
 * Core's Tokens: fetched over Redis where they are to be fetched, read where a cloud's platform keeps them, and none where it adds
 * them itself. Promises: all processes use one token; it is fetched by one of them at a time and sparingly; only the token that
 * failed is dropped; it stands in Redis sealed. A process that dies while fetching is replaced when its flight ends. Nobody waits
 * for a renewal. Redis away means no token (fail closed), save for one cached seconds ago.
 */
import { hostname } from 'node:os'
import { type AccessToken, type AppId, Secret, type Tokens } from '@sunpress/core'
import { createHttpClient } from '@sunpress/http'
import { createCloudbaseTokens } from './cloudbase-tokens.js'
import { createMemoryTokenStore } from './memory-token-store.js'
import { createOriginClients, type OriginClients } from './origin-clients.js'
import { createTokenCache } from './token-cache.js'
import { createTokenSource, type TokenSourceTerms } from './token-source.js'
import { createTokenStore, type RedisClient } from './token-store.js'

export interface TokensTerms extends Omit<TokenSourceTerms, 'flightMs' | 'services'> {
  readonly redis: RedisClient
  readonly namespace: string
  /** Clients of the token services that credentials of kind external name; by default its own. */
  readonly services?: OriginClients
  /** Where credentials of kind cloudbase look for a variable; by default the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Names this host, whose address WeChat may refuse; by default as the system does. */
  readonly host?: string
  /** How long one process may be fetching before another takes over; by default 10 s. */
  readonly flightMs?: number
  /** How long a token is used without asking Redis; by default 5 s. */
  readonly cacheMs?: number
}

export interface SharedTokens extends Tokens {
  /** Forgets why no token could be fetched, for all processes: somebody has mended it. */
  lift(app: AppId): Promise<void>
  /** Ends fetches under way and waits for them. Twice without harm. */
  close(): Promise<void>
}

const DEFAULT_FLIGHT_MS = 10_000
const DEFAULT_CACHE_MS = 5_000
const SERVICE_CONNECTIONS = 8
const SERVICE_MAX_BYTES = 64 * 1024
const NO_TOKEN: AccessToken = { value: new Secret(''), sentAs: 'none' }

export function createTokens(terms: TokensTerms): SharedTokens {
  const { clock, flightMs = DEFAULT_FLIGHT_MS, cacheMs = DEFAULT_CACHE_MS } = terms
  const services = terms.services ?? ownServices(terms)
  const stores = {
    shared: createTokenStore(terms.redis, terms.namespace, terms.host ?? hostname()),
    own: createMemoryTokenStore(clock),
  }
  const source = createTokenSource(stores, { ...terms, services, flightMs })
  const cloudbase = createCloudbaseTokens({ clock, environment: terms.environment ?? process.env })
  const cache = createTokenCache({ clock, cacheMs, obtain: source.obtain })

  return {
    async get(appid, signal) {
      signal.throwIfAborted()
      const credential = terms.apps(appid)?.credential
      if (credential?.kind === 'cloudrun' || credential?.kind === 'cloudcall') return NO_TOKEN
      if (credential?.kind === 'cloudbase') return await cloudbase.get(appid, credential.source)
      return await cache.get(appid, signal)
    },
    async drop(appid, failed) {
      if (failed.sentAs === 'none') return
      if (failed.sentAs === 'cloudbase_access_token') return cloudbase.drop(appid, failed)
      cache.forget(appid)
      try {
        await source.drop(appid, failed)
      } finally {
        // Whoever asked Redis before the drop may have been given the token that it dropped.
        cache.forget(appid)
      }
    },
    async lift(appid) {
      await Promise.all([stores.shared.lift(appid), stores.own.lift(appid)])
    },
    async close() {
      await cache.close()
      if (terms.services === undefined) await services.destroy()
    },
  }
}

function ownServices({ clock, random }: TokensTerms): OriginClients {
  const size = { connections: SERVICE_CONNECTIONS, maxBytes: SERVICE_MAX_BYTES, reserve: 0 }
  return createOriginClients((baseUrl) => createHttpClient({ baseUrl, clock, random, ...size }))
}
