/** How an app stands with its token, for people: whether there is one, never what it is. */
import type { AppId } from '@sunpress/core'
import { appKeys } from '@sunpress/redis'
import type { RedisClient } from './token-store.js'

/** `failing`: there is none, and the last try gave none. `none`: nobody has asked, or its kind keeps none in Redis. */
export type TokenState = 'cached' | 'none' | 'failing' | 'unknown'

export interface TokenStateTerms {
  readonly redis: Pick<RedisClient, 'hgetall' | 'time'>
  readonly namespace: string
}

/** Never throws: `unknown` while Redis can't be asked. */
export function createTokenStates({ redis, namespace }: TokenStateTerms) {
  return async (app: AppId): Promise<TokenState> => {
    try {
      const { token } = appKeys(namespace, app)
      const [fields, [seconds, micros]] = await Promise.all([redis.hgetall(token), redis.time()])
      return judgeTokenState(fields, Number(seconds) * 1_000 + Number(micros) / 1_000)
    } catch {
      return 'unknown'
    }
  }
}

/** Of the fields that claim-token names. Pure. */
export function judgeTokenState(fields: Readonly<Record<string, string>>, nowMs: number): TokenState {
  const { sealed, usableUntil, failure } = fields
  if (sealed !== undefined && Number(usableUntil) > nowMs) return 'cached'
  const isBarred = ([name, text]: [string, string]) =>
    name.startsWith('bar:') && Number.parseInt(text, 10) > nowMs
  return failure !== undefined || Object.entries(fields).some(isBarred) ? 'failing' : 'none'
}
