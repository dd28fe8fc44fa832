/** Processes of a fleet that share a namespace in Redis, and callers that use their tokens as the road does. */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import {
  type AccessToken,
  type App,
  type AppId,
  type CodeCall,
  type Credential,
  DEFAULT_LOOK,
  DEFAULT_QUOTAS,
  isFault,
  Secret,
} from '@sunpress/core'
import { createHttpClient } from '@sunpress/http'
import { appKeys } from '@sunpress/redis'
import { createCodeApi } from '../code-api.js'
import type { RedisClient } from '../token-store.js'
import { createTokens, type SharedTokens, type TokensTerms } from '../tokens.js'
import { realClock } from './real-clock.js'

export const APPID = 'wx0123456789abcdef' as AppId
export const APP_SECRET = '0123456789abcdef0123456789abcdef'
export const secretOf = (endpoint: 'stable' | 'classic'): Credential => ({
  kind: 'secret',
  appSecret: new Secret(APP_SECRET),
  endpoint,
})

export interface TokenFleet {
  readonly namespace: string
  readonly processes: readonly SharedTokens[]
  /** "<endpoint> <errcode>" of every call. */
  readonly called: string[]
  /** One more process. */
  join(more?: Partial<TokensTerms>): SharedTokens
  /** As if the last fetch had been a minute ago, or so long. */
  age(fields?: Record<string, number>, agoMs?: number): Promise<void>
  /** One code: gets a token, calls, and once more with another when WeChat refuses it. False when that is refused too. */
  print(process: SharedTokens): Promise<boolean>
  close(): Promise<void>
}

const never = new AbortController().signal
setMaxListeners(0, never)
const call: CodeCall = {
  app: APPID,
  endpoint: 'getwxacodeunlimit',
  scene: 's',
  look: { ...DEFAULT_LOOK, page: 'pages/index/index' },
}
const always = { dueMs: 0, notAfterMs: Infinity }

export const getToken = (tokens: SharedTokens): Promise<AccessToken> => tokens.get(APPID, never)
export const textOf = async (tokens: SharedTokens): Promise<string> => (await getToken(tokens)).value.reveal()
/** Where its token stands in Redis. */
export const keyOf = ({ namespace }: TokenFleet): string => appKeys(namespace, APPID).token
export const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no fault',
    (fault: unknown) => fault,
  )

/** `each` codes of every process at once; true when all were printed. */
export async function printAll({ processes, print }: TokenFleet, each: number): Promise<boolean> {
  const prints = processes.flatMap((process) => Array.from({ length: each }, () => print(process)))
  return (await Promise.all(prints)).every((printed) => printed)
}

export function startFleet(
  redis: RedisClient,
  baseUrl: string,
  credential: Credential,
  size: number,
  terms: Partial<TokensTerms> = {},
): TokenFleet {
  const namespace = `test-${randomUUID()}`
  const app: App = { appid: APPID, name: 'Shops', credential, quotas: DEFAULT_QUOTAS }
  const http = createHttpClient({ baseUrl, clock: realClock, random: Math.random, reserve: 0 })
  const called: string[] = []
  const observer = {
    called: (_: AppId, endpoint: string, errcode: string) => called.push(`${endpoint} ${errcode}`),
    numUsed: () => {},
  }
  const api = createCodeApi({ http, clock: realClock, observer, random: Math.random })
  const processes: SharedTokens[] = []
  const join = (more: Partial<TokensTerms> = {}): SharedTokens => {
    const parts = { http, redis, namespace, clock: realClock, random: Math.random, observer }
    const joined = createTokens({
      ...parts,
      apps: (id) => (id === APPID ? app : undefined),
      ...terms,
      ...more,
    })
    processes.push(joined)
    return joined
  }
  for (let count = 0; count < size; count++) join()

  const tryPrint = async (process: SharedTokens): Promise<'printed' | AccessToken> => {
    const token = await getToken(process)
    try {
      await api.request(call, token, always, never)
      return 'printed'
    } catch (fault) {
      if (isFault(fault) && fault.kind === 'renew') return token
      throw fault
    }
  }

  return {
    namespace,
    processes,
    called,
    join,
    async age(fields = {}, agoMs = 60_000) {
      const [seconds] = await redis.time()
      const obtainedAt = Number(seconds) * 1_000 - agoMs
      await redis.hset(appKeys(namespace, APPID).token, { retryAt: 0, obtainedAt, ...fields })
    },
    async print(process) {
      const first = await tryPrint(process)
      if (first === 'printed') return true
      await process.drop(APPID, first)
      return (await tryPrint(process)) === 'printed'
    },
    async close() {
      await Promise.all(processes.map((process) => process.close()))
      await http.destroy()
    },
  }
}
