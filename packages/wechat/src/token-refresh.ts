/** The flight of one process: fetches a token by the app's way, and records what came of it for the whole fleet. */
import type { AccessToken, App, HoldFault, WaitFault } from '@sunpress/core'
import { isOfAddress } from './token-answer.js'
import { barredFault, encodeFailure, unlessDiffers, unlessLasting } from './token-failure.js'
import { planToken } from './token-plan.js'
import type { ClaimedFlight, TokenFailure, TokenStore } from './token-store.js'
import type { TokenWay } from './token-way.js'

export interface ObtainedToken {
  readonly token: AccessToken
  readonly usableMs: number
  /** The next one is being fetched meanwhile. Never rejects. */
  readonly renewal?: Promise<void>
}

/** One question for a token. */
export interface Quest {
  readonly app: App
  readonly way: TokenWay
  readonly store: TokenStore
  readonly flight: string
  readonly flightMs: number
  /** From 0 up to 1. */
  readonly random: () => number
  readonly signal: AbortSignal
}

/** Of a flight: over before it is, so that whoever takes over doesn't find the first still fetching. */
const FETCHING = 0.8

/**
 * null when the flight was lost on the way: what others have fetched counts then. Throws the fault that stands in the way,
 * recorded for everybody.
 */
export async function refresh(
  quest: Quest,
  { force, refused }: ClaimedFlight,
): Promise<ObtainedToken | null> {
  const { app, way, store, flight, flightMs, random, signal } = quest
  const answer = await way.fetch({ force, refused, totalMs: flightMs * FETCHING }, signal)
  if (answer.kind === 'fault') throw await recordFailure(quest, answer.fault)
  const { value, lifetimeMs } = answer
  const plan = planToken(lifetimeMs, random(), answer.renewAfterMs)
  const { seal, gapMs } = way
  const sealed = { sealed: seal.seal(value), fingerprint: seal.fingerprint(value) }
  const stored = await store.store(app.appid, flight, {
    ...{ ...sealed, ...plan, lifetimeMs, gapMs },
    mark: seal.mark,
  })
  return stored ? { token: { value }, usableMs: plan.usableMs } : null
}

/** Ahead of need. One that fails is no failure: the old token works, and why is recorded for whoever needs the next. */
export async function renew(quest: Quest, claim: ClaimedFlight): Promise<void> {
  try {
    await refresh(quest, claim)
  } catch {
    // Also Redis away: then the flight ends by itself.
  }
}

/** Gives what to throw. */
async function recordFailure(
  { app, way, store, flight, signal, random }: Quest,
  fault: WaitFault | HoldFault,
): Promise<WaitFault | HoldFault> {
  const of = way.isShared ? whoseIs(way, fault) : 'fleet'
  const pauseMs = signal.aborted ? 0 : Math.max(pauseOf(fault), way.failedGapMs)
  const failure = { text: encodeFailure(fault), pauseMs, of, mark: way.seal.mark }
  const { failingMs, differs } = await store.fail(app.appid, flight, failure)
  if (of === 'host') return barredFault(fault)
  return of === 'credential' ? unlessDiffers(fault, differs) : unlessLasting(fault, failingMs, random())
}

function whoseIs(way: TokenWay, fault: WaitFault | HoldFault): TokenFailure['of'] {
  if (isOfAddress(fault)) return 'host'
  return way.isOfCredential(fault) ? 'credential' : 'fleet'
}

const pauseOf = (fault: WaitFault | HoldFault): number =>
  fault.kind === 'hold' ? fault.forMs : fault.afterMs
