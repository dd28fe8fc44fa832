/**
 * Merchants authorise the platform and withdraw. Promises that a merchant is on the list only when its refresh token is durable,
 * that an event which comes late changes nothing, and that a code redeemed by a process that died is mended by the list.
 */
import { type AppId, isAppId, Secret } from '@sunpress/core'
import type { Moment } from '../next-minute.js'
import type { Budget } from './budget.js'
import { encodeMerchant, type MerchantRecords, merchantRecord } from './merchant-records.js'
import { notAsAsked, type PlatformAnswer } from './platform-answer.js'
import type { ReissuedTokens } from './reissued-tokens.js'
import { unlessDamaged } from './unless-damaged.js'
import type { VaultWriters } from './vault-writers.js'

export interface Authorisation {
  /** Good once. */
  readonly code: Secret
  /** Who gave it, and when, by WeChat's clock; where an event told. */
  readonly merchant?: AppId
  readonly atMs?: number
}

export interface Memberships {
  /** Throws WaitFault or HoldFault. */
  authorise(authorisation: Authorisation, budget: Budget): Promise<AppId>
  withdraw(appid: AppId, atMs: number, budget: Budget): Promise<void>
}

export interface MembershipParts {
  readonly writers: VaultWriters
  readonly records: MerchantRecords
  readonly reissued: ReissuedTokens
  /** api_query_auth. */
  readonly ask: (code: Secret, merchant: AppId | undefined, budget: Budget) => Promise<PlatformAnswer>
  /** The list of merchants is another one. */
  readonly changed: () => Promise<void>
  /** Tokens of before, and reasons why there are none, hold no longer. */
  readonly forgetToken: (appid: AppId) => Promise<void>
  readonly moment: () => Moment
}

interface Redeemed {
  readonly appid: AppId
  readonly refreshToken: Secret
}

const CODE_USED: readonly string[] = ['61009', '61010']

export function createMemberships(parts: MembershipParts): Memberships {
  const { writers, records, reissued, moment } = parts

  const redeem = async ({ code, merchant }: Authorisation, budget: Budget): Promise<Redeemed> => {
    const answer = await parts.ask(code, merchant, budget)
    if (answer.kind === 'json') return readRedeemed(answer.json, moment())
    if (merchant !== undefined && CODE_USED.includes(answer.errcode)) {
      for await (const refreshToken of reissued.offer(merchant, Infinity, budget)) {
        return { appid: merchant, refreshToken }
      }
    }
    throw answer.fault
  }

  /** Events without a time are taken as they come. */
  const write = (appid: AppId, atMs: number, budget: Budget, next: () => Promise<Secret | null>) =>
    writers.write(merchantRecord(appid), budget, async ({ put }) => {
      const known = (await records.read(appid).catch(unlessDamaged))?.merchant
      const isLate = known !== undefined && atMs > 0 && known.eventAtMs > atMs
      if (!isLate) await put(encodeMerchant({ appid, refreshToken: await next(), eventAtMs: atMs }))
    })

  const redeemFor = async (appid: AppId, authorisation: Authorisation, budget: Budget): Promise<Secret> => {
    const redeemed = await redeem(authorisation, budget)
    if (redeemed.appid !== appid) throw notAsAsked('the merchant of the event', moment()).fault
    return redeemed.refreshToken
  }

  return {
    async authorise(authorisation, budget) {
      const { merchant, atMs = 0 } = authorisation
      // Without an event nobody knows the merchant before the code is redeemed.
      const redeemed = merchant === undefined ? await redeem(authorisation, budget) : null
      const appid = merchant ?? (redeemed as Redeemed).appid
      await write(appid, atMs, budget, async () =>
        redeemed === null ? await redeemFor(appid, authorisation, budget) : redeemed.refreshToken,
      )
      await parts.forgetToken(appid)
      await parts.changed()
      return appid
    },
    async withdraw(appid, atMs, budget) {
      await write(appid, atMs, budget, async () => null)
      await parts.forgetToken(appid)
      await parts.changed()
    },
  }
}

function readRedeemed(json: Readonly<Record<string, unknown>>, moment: Moment): Redeemed {
  const info = (json['authorization_info'] ?? {}) as Record<string, unknown>
  const { authorizer_appid: appid, authorizer_refresh_token: refreshToken } = info
  if (isAppId(appid) && typeof refreshToken === 'string' && refreshToken !== '') {
    return { appid, refreshToken: new Secret(refreshToken) }
  }
  throw notAsAsked('authorization_info', moment).fault
}
