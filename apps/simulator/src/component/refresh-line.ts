/** The refresh tokens that one merchant's authorisation has had, and which of them are good. Pure but for the random text. */
import { randomBytes } from 'node:crypto'
import type { Rotation } from './platform-config.js'

/** How long a refresh token is good after another took its place. */
export const TRANSITION_MS = 300_000

export type RefreshLine = {
  current(): string
  /** The current one, or one replaced less than 300 s ago. */
  accepts(token: string, now: number): boolean
  /** After a refresh: the token to keep. One that was replaced already brings the current one and turns nothing. */
  turn(token: string, rotation: Rotation, now: number): string
  /** Replaces the current one. */
  renew(now: number): string
  /** The current one is over, without transition; nobody has been given the next. */
  lose(): void
}

export function createRefreshLine(): RefreshLine {
  let current = newRefreshToken()
  /** Until when each one replaced is good. */
  const replaced = new Map<string, number>()
  let refreshes = 0

  function renew(now: number): string {
    for (const [token, until] of replaced) if (now >= until) replaced.delete(token)
    replaced.set(current, now + TRANSITION_MS)
    current = newRefreshToken()
    return current
  }

  function turn(token: string, rotation: Rotation, now: number): string {
    if (token !== current) return current
    refreshes++
    return refreshes % periodOf(rotation) === 0 ? renew(now) : current
  }

  const accepts = (token: string, now: number) =>
    token === current || now < (replaced.get(token) ?? Number.NEGATIVE_INFINITY)

  function lose(): void {
    replaced.clear()
    current = newRefreshToken()
  }
  return { current: () => current, accepts, turn, renew, lose }
}

function periodOf(rotation: Rotation): number {
  if (rotation === 'always') return 1
  return rotation === 'never' ? Number.POSITIVE_INFINITY : Number(rotation.slice('every:'.length))
}

function newRefreshToken(): string {
  return `refreshtoken@@@${randomBytes(32).toString('base64url')}`
}
