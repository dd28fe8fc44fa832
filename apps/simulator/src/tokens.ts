/**
 * The access tokens of every app: two independent lines each, `classic` (/cgi-bin/token) and `stable` (/cgi-bin/stable_token).
 * Pure but for the random token text: every call is told the time. It doesn't check secrets.
 */
import { randomBytes } from 'node:crypto'
import { shanghaiDay } from './clock.js'
import { createWindow, type RateWindow } from './window.js'

export type TokenLine = 'classic' | 'stable'

/** A token with the whole seconds it has left, or the errcode of the limit that was hit. */
export type TokenAnswer =
  | { readonly token: string; readonly expiresIn: number }
  | { readonly errcode: number }

/** `overwritten` answers 40001, `expired` 42001; an unknown token has no owner. */
export type TokenState = 'valid' | 'overwritten' | 'expired' | 'unknown'

/** What the app minted by its own calls; `intruderMinted`: what another party did. */
export type TokenTally = {
  classicMinted: number
  stableMinted: number
  forceRefreshes: number
  intruderMinted: number
}

export type Tokens = {
  /** Always mints; the token before stays valid for 300 s. 2,000 a day, then 45009. */
  mintClassic(appid: string, now: number): TokenAnswer
  /** The current token, or a new one in its last 300 s (then both are valid). 10,000 a minute (45011), 500,000 a day (45009). */
  takeStable(appid: string, now: number): TokenAnswer
  /** A new token, the current one ends at once. Within 30 s of the last one: the current token unchanged. 20 a day, then 45009. */
  forceStable(appid: string, now: number): TokenAnswer
  /** What the token is good for, and whose it is ('' when unknown). */
  look(token: string, now: number): { readonly appid: string; readonly state: TokenState }
  /** Ends the current tokens of the app, or of all apps, at once (40001). Returns how many were ended. */
  revoke(now: number, appid?: string, line?: TokenLine): number
  /** As when another party refreshes: of the app, or of every app that has had a token. No limit applies. */
  overtake(now: number, line: TokenLine, appid?: string): void
  /** The token before the line's current one, good or not; undefined when there is none that has time left. */
  older(appid: string, line: TokenLine, now: number): TokenAnswer | undefined
  /** Calls of the Shanghai day. */
  usedToday(appid: string, now: number): { readonly classic: number; readonly stable: number }
  /** The day's counts start anew, but for the forced refreshes, which no clear_quota gives back. */
  forgetDay(appid: string): void
  tally(appid: string): Readonly<TokenTally>
  /** Forgets every token and every count. */
  clear(): void
}

export const TOKEN_RULES = {
  overlapMs: 300_000,
  forceGapMs: 30_000,
  forcePerDay: 20,
  classicPerDay: 2_000,
  stablePerDay: 500_000,
  stablePerMinute: 10_000,
  /** How many of an app's tokens are remembered after their end; older ones are unknown. */
  remembered: 1_000,
} as const

type Issued = { readonly appid: string; readonly line: TokenLine; readonly expiresAt: number; endsAt: number }

type Purse = {
  readonly current: { classic?: string; stable?: string }
  readonly issued: string[]
  readonly stableMinute: RateWindow
  readonly tally: TokenTally
  forcedAt: number
  day: number
  today: { classic: number; stable: number; forced: number }
}

/** @param lifeSeconds how long an app's tokens live, 7200 on the real thing. */
export function createTokens(lifeSeconds: (appid: string) => number = () => 7200): Tokens {
  const issued = new Map<string, Issued>()
  const purses = new Map<string, Purse>()

  function purseOf(appid: string, now: number): Purse {
    const purse = purses.get(appid) ?? emptyPurse()
    purses.set(appid, purse)
    const day = shanghaiDay(now)
    if (purse.day !== day) purse.today = { classic: 0, stable: 0, forced: 0 }
    purse.day = day
    return purse
  }

  function mint(
    purse: Purse,
    appid: string,
    line: TokenLine,
    now: number,
    by?: 'intruderMinted',
  ): TokenAnswer {
    const token = `85_${randomBytes(98).toString('base64url')}`
    const expiresAt = now + lifeSeconds(appid) * 1000
    issued.set(token, { appid, line, expiresAt, endsAt: Number.POSITIVE_INFINITY })
    purse.current[line] = token
    purse.issued.push(token)
    if (purse.issued.length > TOKEN_RULES.remembered) issued.delete(purse.issued.shift() ?? '')
    purse.tally[by ?? (line === 'classic' ? 'classicMinted' : 'stableMinted')]++
    return { token, expiresIn: lifeSeconds(appid) }
  }

  /** Ends the line's current token at a time, if it is valid until then. Another is minted in its place. */
  function end(purse: Purse, line: TokenLine, endsAt: number, now: number): void {
    const token = purse.current[line]
    const held = token === undefined ? undefined : issued.get(token)
    if (held !== undefined && stateOf(held, now) === 'valid') held.endsAt = Math.min(held.endsAt, endsAt)
  }

  function mintClassic(appid: string, now: number): TokenAnswer {
    const purse = purseOf(appid, now)
    if (++purse.today.classic > TOKEN_RULES.classicPerDay) return { errcode: 45009 }
    end(purse, 'classic', now + TOKEN_RULES.overlapMs, now)
    return mint(purse, appid, 'classic', now)
  }

  function currentStable(purse: Purse, appid: string, now: number): TokenAnswer {
    const token = purse.current.stable
    const held = token === undefined ? undefined : issued.get(token)
    const leftMs = held === undefined ? 0 : held.expiresAt - now
    if (token === undefined || leftMs < Math.min(TOKEN_RULES.overlapMs, lifeSeconds(appid) * 500)) {
      return mint(purse, appid, 'stable', now)
    }
    return { token, expiresIn: Math.floor(leftMs / 1000) }
  }

  /** The limits that both modes share. */
  function stableLimit(purse: Purse, now: number): number | undefined {
    if (!purse.stableMinute.admit(now)) return 45011
    return ++purse.today.stable > TOKEN_RULES.stablePerDay ? 45009 : undefined
  }

  function takeStable(appid: string, now: number): TokenAnswer {
    const purse = purseOf(appid, now)
    const errcode = stableLimit(purse, now)
    return errcode === undefined ? currentStable(purse, appid, now) : { errcode }
  }

  function forceStable(appid: string, now: number): TokenAnswer {
    const purse = purseOf(appid, now)
    const errcode = stableLimit(purse, now)
    if (errcode !== undefined) return { errcode }
    if (now - purse.forcedAt < TOKEN_RULES.forceGapMs) return currentStable(purse, appid, now)
    if (purse.today.forced >= TOKEN_RULES.forcePerDay) return { errcode: 45009 }
    purse.today.forced++
    purse.forcedAt = now
    purse.tally.forceRefreshes++
    end(purse, 'stable', now, now)
    return mint(purse, appid, 'stable', now)
  }

  function look(token: string, now: number): { appid: string; state: TokenState } {
    const held = issued.get(token)
    return held === undefined
      ? { appid: '', state: 'unknown' }
      : { appid: held.appid, state: stateOf(held, now) }
  }

  /** Also those not current any more but still valid: a leaked token is ended whole. */
  function revoke(now: number, appid?: string, line?: TokenLine): number {
    let ended = 0
    for (const held of issued.values()) {
      const meant = (appid ?? held.appid) === held.appid && (line ?? held.line) === held.line
      if (!meant || stateOf(held, now) !== 'valid') continue
      held.endsAt = now
      ended++
    }
    for (const [owner, purse] of purses) {
      if ((appid ?? owner) !== owner) continue
      if (line !== 'classic') delete purse.current.stable
      if (line !== 'stable') delete purse.current.classic
    }
    return ended
  }

  /** A stable token ends at once, a classic one after its overlap. */
  function overtake(now: number, line: TokenLine, appid?: string): void {
    const owners = appid === undefined ? [...purses.keys()] : [appid]
    for (const owner of owners) {
      const purse = purseOf(owner, now)
      end(purse, line, line === 'classic' ? now + TOKEN_RULES.overlapMs : now, now)
      mint(purse, owner, line, now, 'intruderMinted')
    }
  }

  function older(appid: string, line: TokenLine, now: number): TokenAnswer | undefined {
    const purse = purses.get(appid)
    const token = purse?.issued.findLast((one) => {
      return one !== purse.current[line] && issued.get(one)?.line === line
    })
    const leftMs = (issued.get(token ?? '')?.expiresAt ?? now) - now
    return token === undefined || leftMs <= 0 ? undefined : { token, expiresIn: Math.floor(leftMs / 1000) }
  }

  function forgetDay(appid: string): void {
    const purse = purses.get(appid)
    if (purse !== undefined) purse.today = { ...purse.today, classic: 0, stable: 0 }
  }

  const usedToday = (appid: string, now: number) => purseOf(appid, now).today
  const tally = (appid: string) => purses.get(appid)?.tally ?? emptyTally()
  function clear(): void {
    issued.clear()
    purses.clear()
  }

  return {
    clear,
    mintClassic,
    takeStable,
    forceStable,
    look,
    revoke,
    overtake,
    older,
    usedToday,
    forgetDay,
    tally,
  }
}

function stateOf(held: Issued, now: number): TokenState {
  if (now >= held.endsAt) return 'overwritten'
  return now >= held.expiresAt ? 'expired' : 'valid'
}

function emptyPurse(): Purse {
  return {
    current: {},
    issued: [],
    stableMinute: createWindow('clock', TOKEN_RULES.stablePerMinute),
    tally: emptyTally(),
    forcedAt: Number.NEGATIVE_INFINITY,
    day: Number.NaN,
    today: { classic: 0, stable: 0, forced: 0 },
  }
}

function emptyTally(): TokenTally {
  return { classicMinted: 0, stableMinted: 0, forceRefreshes: 0, intruderMinted: 0 }
}
