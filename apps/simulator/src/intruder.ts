/**
 * Another party that has the secret and refreshes tokens behind the caller's back, every so often by the virtual clock.
 * It has no timer: what is due is caught up on before a token is looked at, at the times when it was due.
 */
import type { Platforms } from './component/platforms.js'
import type { TokenLine, Tokens } from './tokens.js'

/** `authorizer`: another copy of a third-party platform, which also turns the refresh token. */
export type IntruderLine = TokenLine | 'authorizer'

export type IntruderOrder = {
  readonly everyMs: number
  /** Undefined: every app that has had a token. */
  readonly appid?: string
  readonly line: IntruderLine
}

export type Intruder = {
  /** Starts at `now`, first refresh after `everyMs`. Replaces the one before. */
  start(order: IntruderOrder, now: number): void
  stop(): void
  /** Makes the refreshes that are due. */
  visit(now: number): void
  report(): { readonly order: IntruderOrder | null; readonly refreshes: number }
}

/** After a leap of the clock only the first and the last refresh due can be told from outside. */
export function createIntruder(tokens: Tokens, platforms?: Platforms): Intruder {
  let order: IntruderOrder | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let refreshes = 0

  function refresh(at: number): void {
    if (order?.line === 'authorizer') platforms?.overtake(at, order.appid)
    else if (order !== undefined) tokens.overtake(at, order.line, order.appid)
  }

  function visit(now: number): void {
    if (now < dueAt || order === undefined) return
    const first = dueAt
    const last = first + Math.floor((now - first) / order.everyMs) * order.everyMs
    refresh(first)
    if (last > first) refresh(last)
    refreshes += 1 + (last - first) / order.everyMs
    dueAt = last + order.everyMs
  }

  function start(next: IntruderOrder, now: number): void {
    order = next
    dueAt = now + next.everyMs
    refreshes = 0
  }

  function stop(): void {
    order = undefined
    dueAt = Number.POSITIVE_INFINITY
  }

  return { start, stop, visit, report: () => ({ order: order ?? null, refreshes }) }
}
