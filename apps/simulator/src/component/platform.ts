/**
 * One third-party platform: its tickets and tokens, and the merchants that have authorised it. Pure but for random texts: every call is
 * told the time. It pushes nothing.
 */
import { randomBytes } from 'node:crypto'
import { createDayCount } from '../day-count.js'
import { createTokenShelf, type TokenShelf } from '../token-shelf.js'
import type { TokenState } from '../tokens.js'
import { type Authorizer, createAuthorizer } from './authorizer.js'
import type { PlatformConfig } from './platform-config.js'
import { createTickets, type Tickets } from './tickets.js'

/** An authorisation that waits for api_query_auth. */
export type AuthCode = {
  readonly appid: string
  readonly code: string
  readonly preAuthCode: string
  readonly expiresAt: number
}

/** What api_query_auth and api_authorizer_token bring. */
export type Grant = { readonly authorizer: Authorizer; readonly token: string; readonly refreshToken: string }
export type Refused = { readonly errcode: number }

export type Platform = {
  readonly config: PlatformConfig
  readonly tickets: Tickets
  readonly authorizers: ReadonlyMap<string, Authorizer>
  /** Other switches from now on; all else stays. */
  change(config: PlatformConfig): void
  /** A component_access_token; the one before is good for 300 s more. 45009 beyond the day. */
  takeToken(now: number): { readonly token: string } | Refused
  look(token: string, now: number): TokenState
  /** A merchant authorises, or changes what it grants. Its tokens from before a withdrawal stay ended. */
  authorise(appid: string, funcs: readonly number[] | undefined, now: number): AuthCode
  /** False when it isn't authorised. Its tokens are refused with 61003 from now on. */
  withdraw(appid: string): boolean
  /** 61009: no such code, or used already; 61010: expired. */
  redeem(code: string, now: number): Grant | Refused
  /** 61003: not authorised; 61023: the refresh token is no good; 45009: beyond the day. */
  refresh(appid: string, refreshToken: string, now: number): Grant | Refused
  /** The merchants that have authorised it, with refresh tokens: new ones, or the current, by the switch `listRefresh`. */
  list(
    offset: number,
    count: number,
    now: number,
  ): { readonly total: number; readonly rows: readonly ListRow[] }
  lookAuthorizer(token: string, now: number): { readonly owner: string; readonly state: TokenState }
  /** As when another copy of the platform refreshes: new tokens of both kinds, those before are good for 300 s. */
  overtake(now: number, appid?: string): void
  /** Ends the merchants' tokens at once (40001). */
  revoke(now: number, appid?: string): number
  revokeOwn(now: number): number
  counts(): Readonly<PlatformCounts>
}

export type ListRow = { readonly authorizer: Authorizer; readonly refreshToken: string }

export type PlatformCounts = { componentTokens: number; queryAuths: number; refreshes: number; lists: number }

const OVERLAP_MS = 300_000
const CODE_LIFE_MS = 3_600_000
const CODES_KEPT = 10_000
/** What a merchant grants when nothing is said: mini programs' development and codes among it. */
export const ALL_FUNCS: readonly number[] = [17, 18, 19, 25, 30, 31, 36, 37, 40, 49, 58]

export function createPlatform(first: PlatformConfig, now: number): Platform {
  const tickets = createTickets()
  const ownTokens = createTokenShelf()
  const tokens = createTokenShelf()
  const authorizers = new Map<string, Authorizer>()
  const codes = new Map<string, AuthCode>()
  const takenToday = createDayCount()
  const counts: PlatformCounts = { componentTokens: 0, queryAuths: 0, refreshes: 0, lists: 0 }
  let config = first
  for (const appid of first.authorised) authorizers.set(appid, createAuthorizer(appid, ALL_FUNCS, now))

  function takeToken(at: number) {
    if (!takenToday.admit(config.componentTokenPerDay, at)) return { errcode: 45009 }
    counts.componentTokens++
    return { token: renewToken(ownTokens, config.appid, config.tokenSeconds, at) }
  }

  function authorise(appid: string, funcs: readonly number[] | undefined, at: number): AuthCode {
    const known = authorizers.get(appid)
    const granted = funcs ?? (known?.withdrawn === false ? known.funcs : ALL_FUNCS)
    if (known?.withdrawn) tokens.end(at, at, appid)
    if (known === undefined || known.withdrawn) authorizers.set(appid, createAuthorizer(appid, granted, at))
    else known.funcs = granted
    const code = `queryauthcode@@@${randomBytes(32).toString('base64url')}`
    const preAuthCode = `preauthcode@@@${randomBytes(32).toString('base64url')}`
    const issued = { appid, code, preAuthCode, expiresAt: Math.floor(at) + CODE_LIFE_MS }
    codes.set(code, issued)
    if (codes.size > CODES_KEPT) codes.delete(codes.keys().next().value as string)
    return issued
  }

  function withdraw(appid: string): boolean {
    const known = authorizers.get(appid)
    if (known === undefined || known.withdrawn) return false
    known.withdrawn = true
    known.refreshTokens.lose()
    return true
  }

  function grant(authorizer: Authorizer, refreshToken: string, at: number): Grant {
    return { authorizer, refreshToken, token: renewToken(tokens, authorizer.appid, config.tokenSeconds, at) }
  }

  function redeem(code: string, at: number): Grant | Refused {
    const issued = codes.get(code)
    const authorizer = issued && authorizers.get(issued.appid)
    if (issued === undefined || authorizer === undefined || authorizer.withdrawn) return { errcode: 61009 }
    if (at >= issued.expiresAt) return { errcode: 61010 }
    codes.delete(code)
    counts.queryAuths++
    return grant(authorizer, authorizer.refreshTokens.renew(at), at)
  }

  function refresh(appid: string, refreshToken: string, at: number): Grant | Refused {
    const authorizer = authorizers.get(appid)
    if (authorizer === undefined || authorizer.withdrawn) return { errcode: 61003 }
    if (!authorizer.refreshTokens.accepts(refreshToken, at)) return { errcode: 61023 }
    if (!authorizer.refreshedToday.admit(config.authorizerTokenPerDay, at)) return { errcode: 45009 }
    authorizer.refreshes++
    counts.refreshes++
    return grant(authorizer, authorizer.refreshTokens.turn(refreshToken, config.refreshRotation, at), at)
  }

  function overtake(at: number, appid?: string): void {
    for (const { appid: own, refreshTokens, withdrawn } of authorizers.values()) {
      if (withdrawn || (appid ?? own) !== own) continue
      refreshTokens.renew(at)
      renewToken(tokens, own, config.tokenSeconds, at)
    }
  }

  function list(offset: number, count: number, at: number) {
    counts.lists++
    const granted = [...authorizers.values()].filter(({ withdrawn }) => !withdrawn)
    const rows = granted.slice(offset, offset + count).map((authorizer) => {
      const { refreshTokens } = authorizer
      const refreshToken = config.listRefresh === 'new' ? refreshTokens.renew(at) : refreshTokens.current()
      return { authorizer, refreshToken }
    })
    return { total: granted.length, rows }
  }

  return {
    get config() {
      return config
    },
    tickets,
    authorizers,
    change: (next) => {
      config = next
    },
    takeToken,
    look: (token, at) => ownTokens.look(token, at).state,
    authorise,
    withdraw,
    redeem,
    refresh,
    list,
    overtake,
    lookAuthorizer: (token, at) => tokens.look(token, at),
    revoke: (at, appid) => tokens.end(at, at, appid),
    revokeOwn: (at) => ownTokens.end(at, at),
    counts: () => counts,
  }
}

/** A new token for the owner, whose one before is good for the overlap. */
function renewToken(shelf: TokenShelf, owner: string, seconds: number, now: number): string {
  shelf.end(now + OVERLAP_MS, now, owner)
  return shelf.issue(owner, now, seconds)
}
