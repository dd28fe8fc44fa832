/**
 * The platform's own token, component_access_token: one for all processes, fetched by one of them at a time, sealed in Redis,
 * renewed some ten minutes before its end and used meanwhile. Only the one that failed is dropped.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { AccessToken, AppId, Component, HoldFault, Secret, WaitFault } from '@sunpress/core'
import { isOfAddress, isOfCredential } from '../token-answer.js'
import { decodeFailure, encodeFailure, unlessDiffers } from '../token-failure.js'
import { createTokenSeal } from '../token-seal.js'
import { readToken } from '../token-shape.js'
import { type Claim, createTokenStore, type RedisClient } from '../token-store.js'
import type { Budget } from './budget.js'
import { notAsAsked, type PlatformAnswer } from './platform-answer.js'
import { type CallTerms, callPlatform } from './platform-call.js'
import { componentTokenRequest } from './platform-url.js'
import type { TicketBox } from './ticket-box.js'

export interface ComponentTokens {
  /** Throws WaitFault or HoldFault (reason token). */
  get(budget: Budget): Promise<AccessToken>
  drop(failed: AccessToken): Promise<void>
  /** Forgets why there was none: whoever asks next asks WeChat. */
  lift(): Promise<void>
}

export interface ComponentTokenTerms extends CallTerms {
  readonly component: Component
  readonly redis: RedisClient
  readonly namespace: string
  /** Names this host, whose address WeChat may refuse; by default as the system does. */
  readonly host?: string
}

type Fetched =
  | { readonly kind: 'token'; readonly value: Secret; readonly lifetimeMs: number }
  | { readonly kind: 'fault'; readonly fault: WaitFault | HoldFault }

const FLIGHT_MS = 10_000
const POLL_MS = { least: 50, spread: 100 }
/** Between two refreshes; doubled, up to the other, while WeChat refuses what it has just given. */
const GAP_MS = 2_000
const MOST_GAP_MS = 60_000
const MARGIN_MS = 60_000
const AHEAD_MS = { least: 600_000, spread: 60_000 }
const TICKET_REFUSED: readonly string[] = ['61005', '61006']

/** A platform is an account like any app, and its token stands as an app's does. */
export const accountOf = ({ appid }: Pick<Component, 'appid'>): AppId => appid as string as AppId

/** Usable and to be renewed after so many ms; lifetimes too short for these figures keep their order. */
export function planComponentToken(lifetimeMs: number, random: number) {
  const ahead = Math.min(AHEAD_MS.least + AHEAD_MS.spread * random, lifetimeMs * 0.25)
  return { usableMs: lifetimeMs - Math.min(MARGIN_MS, lifetimeMs * 0.1), renewAfterMs: lifetimeMs - ahead }
}

export function createComponentTokens(terms: ComponentTokenTerms, tickets: TicketBox): ComponentTokens {
  const { component, clock, random } = terms
  const store = createTokenStore(terms.redis, terms.namespace, terms.host ?? hostname())
  const account = accountOf(component)
  const seal = createTokenSeal(component.appid, component.appSecret)
  const openClaim = (claim: Claim): AccessToken | null => {
    const sealed = claim.kind === 'token' || claim.kind === 'yours' ? claim.sealed : null
    const value = sealed === null ? null : readToken(seal.open(sealed)?.reveal())
    return value === null ? null : { value }
  }

  const get = async (budget: Budget): Promise<AccessToken> => {
    const flight = randomUUID()
    for (let unreadable: string | null = null; ; ) {
      const leftMs = budget.leftMs()
      const ask = { flight, flightMs: FLIGHT_MS, unreadable, mayForce: false, mark: seal.mark }
      const claim = await store.claim(account, ask)
      const opened = openClaim(claim)
      if (claim.kind === 'failed') throw decodeFailure(claim.failure, claim.forMs)
      if (claim.kind === 'barred') {
        throw unlessDiffers(decodeFailure(claim.failure, claim.forMs), claim.differs)
      }
      if (claim.kind === 'yours') {
        const fetched = await renew(flight, opened, budget)
        if (fetched !== null) return fetched
      } else if (claim.kind === 'token') {
        if (opened !== null) return opened
        unreadable = claim.sealed
      } else {
        const pollMs = POLL_MS.least + POLL_MS.spread * random()
        await clock.sleep(Math.min(pollMs, claim.forMs + 1, leftMs), budget.signal)
      }
    }
  }

  /** null when the flight was lost on the way: what others have fetched counts then. */
  const renew = async (
    flight: string,
    old: AccessToken | null,
    budget: Budget,
  ): Promise<AccessToken | null> => {
    const fetched = await fetch(budget)
    if (fetched.kind === 'fault') {
      const { fault } = fetched
      const pauseMs = budget.signal.aborted ? 0 : fault.kind === 'hold' ? fault.forMs : fault.afterMs
      const of = isOfAddress(fault) ? 'host' : isOfCredential(fault) ? 'credential' : 'fleet'
      const failure = { text: encodeFailure(fault), pauseMs, of, mark: seal.mark } as const
      const { differs } = await store.fail(account, flight, failure)
      if (old !== null) return old
      throw unlessDiffers(fault, differs)
    }
    const { value, lifetimeMs } = fetched
    const sealed = { sealed: seal.seal(value), fingerprint: seal.fingerprint(value), mark: seal.mark }
    const token = { ...sealed, lifetimeMs, gapMs: GAP_MS, ...planComponentToken(lifetimeMs, random()) }
    return (await store.store(account, flight, token)) ? { value } : null
  }

  const fetch = async (budget: Budget): Promise<Fetched> => {
    const ticket = await tickets.read()
    if (ticket === null || (await tickets.wasRefused(ticket))) {
      return { kind: 'fault', fault: await tickets.miss(ticket, null) }
    }
    const request = componentTokenRequest(component, ticket.value)
    const answer = await callPlatform(terms, account, 'component_token', request, budget)
    if (answer.kind === 'fault' && TICKET_REFUSED.includes(answer.errcode)) {
      const words = answer.fault.kind === 'hold' ? answer.fault.words : null
      return { kind: 'fault', fault: await tickets.miss(ticket, words) }
    }
    return readFetched(answer, terms)
  }

  return {
    get,
    drop: async (failed) => void (await store.drop(account, seal.fingerprint(failed.value), MOST_GAP_MS)),
    lift: () => store.lift(account),
  }
}

function readFetched(answer: PlatformAnswer, { clock, random }: ComponentTokenTerms): Fetched {
  if (answer.kind === 'fault') return answer
  const { component_access_token: given, expires_in: seconds } = answer.json
  const value = readToken(given)
  if (value !== null && typeof seconds === 'number' && seconds > 0) {
    return { kind: 'token', value, lifetimeMs: seconds * 1_000 }
  }
  return notAsAsked('component_access_token', { nowMs: clock.now(), random: random() })
}
