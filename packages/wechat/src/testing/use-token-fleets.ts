/** Fleets of a test, over a scripted WeChat that is new for each, and over the tests' Redis. */
import { connectRedis } from '@sunpress/redis'
import { afterAll, afterEach, beforeEach, inject } from 'vitest'
import type { TokensTerms } from '../tokens.js'
import { type ScriptedWechat, startScriptedWechat } from './scripted-wechat.js'
import { keepTokenBook, STABLE, type TokenBook } from './token-book.js'
import { secretOf, startFleet, type TokenFleet } from './token-fleet.js'

export const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'tokens-test' })
afterAll(() => redis.quit())

export let wechat: ScriptedWechat
export let book: TokenBook
let fleets: TokenFleet[]
beforeEach(async () => {
  wechat = await startScriptedWechat()
  book = keepTokenBook(wechat)
  fleets = []
})
afterEach(async () => {
  await Promise.all(fleets.map((fleet) => fleet.close()))
  await wechat.close()
})

export function fleet(
  size: number,
  endpoint: 'stable' | 'classic' = 'stable',
  terms: Partial<TokensTerms> = {},
): TokenFleet {
  const started = startFleet(redis, wechat.url, secretOf(endpoint), size, terms)
  fleets.push(started)
  return started
}

/** WeChat is itself again, with a book that knows of no token. */
export function keepNewBook(): void {
  book = keepTokenBook(wechat)
}

/** WeChat refuses a token, from now on. */
export const said = (errcode: number, errmsg = 'x') => wechat.script(STABLE, { errcode, errmsg })
