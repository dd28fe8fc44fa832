/**
 * Everything that is thrown on purpose, named by what to do next. `code` is stable and for programs; the message is for
 * people and holds no secret; `cause` keeps what came from below.
 */
import type { HoldReason, HoldScope } from './hold.js'

interface FaultOptions {
  readonly cause?: unknown
}

/** What WeChat said, where it said something. */
export interface UpstreamWords {
  readonly errcode: number
  readonly errmsg: string
  /** WeChat's request id, for `rid/get` and for its support. */
  readonly rid: string | null
}

export abstract class Fault extends Error {
  abstract readonly kind: FaultKind
  readonly code: string

  constructor(code: string, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.name = new.target.name
  }
}

export type FaultKind = 'wait' | 'renew' | 'retry' | 'refuse' | 'hold' | 'halt'

interface WaitOptions extends FaultOptions {
  /** The job goes away, as long as it waits for something of its own (its page, its campaign): upkeep sends it again. */
  readonly dropsJob?: boolean
}

/** Nobody's fault, not now: put the job back, or drop it, no attempt spent. */
export class WaitFault extends Fault {
  readonly kind = 'wait'
  readonly afterMs: number
  readonly dropsJob: boolean

  constructor(code: string, message: string, afterMs: number, options: WaitOptions = {}) {
    super(code, message, options)
    this.afterMs = afterMs
    this.dropsJob = options.dropsJob ?? false
  }
}

/** Our access token is stale: drop that one, get another, ask again at once. */
export class RenewFault extends Fault {
  readonly kind = 'renew'
  readonly words: UpstreamWords

  constructor(code: string, message: string, words: UpstreamWords, options?: FaultOptions) {
    super(code, message, options)
    this.words = words
  }
}

interface RetryOptions extends FaultOptions {
  /** Fewer attempts than a scene has otherwise: for what hardly ever passes. */
  readonly attempts?: number
}

/** May pass: try again later, at the cost of an attempt. */
export class RetryFault extends Fault {
  readonly kind = 'retry'
  readonly words: UpstreamWords | null
  readonly attempts: number | null

  constructor(code: string, message: string, words: UpstreamWords | null = null, options: RetryOptions = {}) {
    super(code, message, options)
    this.words = words
    this.attempts = options.attempts ?? null
  }
}

/** This scene can never work. */
export class RefuseFault extends Fault {
  readonly kind = 'refuse'
  readonly words: UpstreamWords | null

  constructor(code: string, message: string, words: UpstreamWords | null = null, options?: FaultOptions) {
    super(code, message, options)
    this.words = words
  }
}

/** The app, a lane, a page or a campaign cannot work until `forMs` has passed or somebody has looked. */
export class HoldFault extends Fault {
  readonly kind = 'hold'
  readonly scope: HoldScope
  readonly reason: HoldReason
  readonly forMs: number
  readonly words: UpstreamWords | null

  constructor(
    code: string,
    message: string,
    hold: { scope: HoldScope; reason: HoldReason; forMs: number; words?: UpstreamWords },
    options?: FaultOptions,
  ) {
    super(code, message, options)
    this.scope = hold.scope
    this.reason = hold.reason
    this.forMs = hold.forMs
    this.words = hold.words ?? null
  }
}

/** This process cannot work. */
export class HaltFault extends Fault {
  readonly kind = 'halt'
}

/** The faults that `judge` decides about; anything else thrown is a bug and is judged as a retry. */
export type AnyFault = WaitFault | RenewFault | RetryFault | RefuseFault | HoldFault | HaltFault

/** Nothing that a retry of the same would change. */
export const isHalt = (value: unknown): boolean => value instanceof HaltFault

export const isFault = (value: unknown): value is AnyFault => value instanceof Fault
