/**
 * Access tokens of one kind, each of an owner: issued, looked at, ended. Pure but for the random text. It knows no limits.
 * Bounded: the oldest are forgotten, and are unknown from then on.
 */
import { randomBytes } from 'node:crypto'
import type { TokenState } from './tokens.js'

export type TokenShelf = {
  issue(owner: string, now: number, seconds: number): string
  /** The owner is '' when the token is unknown. */
  look(token: string, now: number): { readonly owner: string; readonly state: TokenState }
  /** Ends the owner's valid tokens (or everybody's) at a time: 40001 from then on. How many there were. */
  end(endsAt: number, now: number, owner?: string): number
  clear(): void
}

type Held = { readonly owner: string; readonly expiresAt: number; endsAt: number }

const MAX_HELD = 50_000

export function createTokenShelf(maxHeld = MAX_HELD): TokenShelf {
  const shelf = new Map<string, Held>()
  /** Those not known to be over, so that ending an owner's needn't look through all. */
  const running = new Map<string, Set<string>>()

  function issue(owner: string, now: number, seconds: number): string {
    const token = `85_${randomBytes(98).toString('base64url')}`
    shelf.set(token, { owner, expiresAt: now + seconds * 1000, endsAt: Number.POSITIVE_INFINITY })
    if (shelf.size > maxHeld) forget(shelf.keys().next().value as string)
    const own = running.get(owner) ?? new Set()
    running.set(owner, own.add(token))
    return token
  }

  function forget(token: string): void {
    running.get(shelf.get(token)?.owner ?? '')?.delete(token)
    shelf.delete(token)
  }

  function look(token: string, now: number) {
    const held = shelf.get(token)
    return held === undefined
      ? ({ owner: '', state: 'unknown' } as const)
      : { owner: held.owner, state: stateOf(held, now) }
  }

  function endOwn(owner: string, endsAt: number, now: number): number {
    let ended = 0
    const own = running.get(owner) ?? new Set()
    for (const token of own) {
      const held = shelf.get(token)
      if (held === undefined || stateOf(held, now) !== 'valid') {
        own.delete(token)
        continue
      }
      held.endsAt = Math.min(held.endsAt, endsAt)
      ended++
    }
    return ended
  }

  function end(endsAt: number, now: number, owner?: string): number {
    const owners = owner === undefined ? [...running.keys()] : [owner]
    return owners.reduce((ended, one) => ended + endOwn(one, endsAt, now), 0)
  }

  function clear(): void {
    shelf.clear()
    running.clear()
  }

  return { issue, look, end, clear }
}

function stateOf(held: Held, now: number): TokenState {
  if (now >= held.endsAt) return 'overwritten'
  return now >= held.expiresAt ? 'expired' : 'valid'
}
