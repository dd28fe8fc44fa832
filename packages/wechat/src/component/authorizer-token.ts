/**
 * A merchant's access token. WeChat's answer brings another refresh token too, and the old one works five minutes more: it is
 * in the vault before the access token is given to anyone. When WeChat knows our refresh token no more (61023), the list of
 * merchants gives a new one, once; else the merchant has to authorise anew.
 */
import { type AppId, HoldFault, Secret } from '@sunpress/core'
import type { TokenAnswer } from '../token-answer.js'
import { readToken } from '../token-shape.js'
import type { Budget } from './budget.js'
import { encodeMerchant, type Merchant, type MerchantRecords, merchantRecord } from './merchant-records.js'
import { notAsAsked, type PlatformAnswer } from './platform-answer.js'
import type { CallTerms } from './platform-call.js'
import type { ReissuedTokens } from './reissued-tokens.js'
import { unlessDamaged } from './unless-damaged.js'
import type { Turn, VaultWriters } from './vault-writers.js'

export interface AuthorizerParts extends Pick<CallTerms, 'clock' | 'random'> {
  readonly writers: VaultWriters
  readonly records: MerchantRecords
  readonly reissued: ReissuedTokens
  /** api_authorizer_token. */
  readonly ask: (appid: AppId, refreshToken: Secret, budget: Budget) => Promise<PlatformAnswer>
  /** The vault has another merchant now. */
  readonly joined: () => Promise<void>
}

type Answered = { readonly answer: TokenAnswer; readonly refreshToken: Secret } | 'unknown_token'

const REFRESH_TOKEN_UNKNOWN = '61023'
const WITHDRAWN_MS = 600_000

/** Throws faults. */
export function fetchAuthorizerToken(
  parts: AuthorizerParts,
  appid: AppId,
  budget: Budget,
): Promise<TokenAnswer> {
  return parts.writers.write(merchantRecord(appid), budget, async (turn) => {
    // A record that can't be opened is replaced from the list.
    const found = await parts.records.read(appid).catch(unlessDamaged)
    if (found !== null && found.merchant.refreshToken === null) return withdrawn()
    for await (const refreshToken of refreshTokens(parts, appid, found, budget)) {
      const answered = await refresh(parts, appid, refreshToken, budget)
      if (answered !== 'unknown_token')
        return await keep(parts, turn, appid, found?.merchant ?? null, answered)
    }
    return found === null ? notAuthorised() : authoriseAnew()
  })
}

/** Ours; then the one that mending another merchant brought; then a fresh one. Each once. */
async function* refreshTokens(
  { reissued }: AuthorizerParts,
  appid: AppId,
  found: { readonly merchant: Merchant; readonly seq: number } | null,
  budget: Budget,
): AsyncGenerator<Secret> {
  if (found?.merchant.refreshToken != null) yield found.merchant.refreshToken
  yield* reissued.offer(appid, found?.seq ?? 0, budget)
}

async function refresh(parts: AuthorizerParts, appid: AppId, old: Secret, budget: Budget): Promise<Answered> {
  const answer = await parts.ask(appid, old, budget)
  if (answer.kind === 'fault') {
    return answer.errcode === REFRESH_TOKEN_UNKNOWN ? 'unknown_token' : { answer, refreshToken: old }
  }
  const { authorizer_access_token: given, expires_in: seconds, authorizer_refresh_token: next } = answer.json
  const value = readToken(given)
  if (value === null || typeof seconds !== 'number' || seconds <= 0) {
    const moment = { nowMs: parts.clock.now(), random: parts.random() }
    return { answer: notAsAsked('authorizer_access_token', moment), refreshToken: old }
  }
  const token = {
    kind: 'token',
    value,
    lifetimeMs: seconds * 1_000,
    errcode: '0',
  } as const
  return { answer: token, refreshToken: typeof next === 'string' && next !== '' ? new Secret(next) : old }
}

/** Nobody has the access token before the refresh token is durable. */
async function keep(
  { joined }: AuthorizerParts,
  { put }: Turn,
  appid: AppId,
  before: Merchant | null,
  { answer, refreshToken }: Exclude<Answered, 'unknown_token'>,
): Promise<TokenAnswer> {
  if (answer.kind === 'fault' || before?.refreshToken?.reveal() === refreshToken.reveal()) return answer
  await put(encodeMerchant({ appid, refreshToken, eventAtMs: before?.eventAtMs ?? 0 }))
  if (before === null) await joined()
  return answer
}

const held = (code: string, why: string): TokenAnswer => {
  const hold = { scope: 'app', reason: 'token', forMs: WITHDRAWN_MS } as const
  return { kind: 'fault', fault: new HoldFault(code, `no access token: ${why}`, hold), errcode: code }
}

const withdrawn = (): TokenAnswer => held('token_withdrawn', 'the merchant has withdrawn its authorisation')
const notAuthorised = (): TokenAnswer =>
  held('token_not_authorised', 'the merchant has not authorised the platform')
const authoriseAnew = (): TokenAnswer =>
  held('token_61023', 'the merchant has to authorise the platform anew (WeChat answered 61023)')
