/** A platform's component_verify_tickets: each is good for 12 hours, pushed or not. Pure but for the random text. */
import { randomBytes } from 'node:crypto'

const LIFE_MS = 12 * 3_600_000
const KEPT = 1000

export type Tickets = {
  issue(now: number): string
  latest(): string | undefined
  judge(ticket: string, now: number): 'valid' | 'expired' | 'unknown'
}

export function createTickets(): Tickets {
  const issuedAt = new Map<string, number>()
  let latest: string | undefined

  function issue(now: number): string {
    latest = `ticket@@@${randomBytes(48).toString('base64url')}`
    issuedAt.set(latest, now)
    if (issuedAt.size > KEPT) issuedAt.delete(issuedAt.keys().next().value as string)
    return latest
  }

  function judge(ticket: string, now: number): 'valid' | 'expired' | 'unknown' {
    const at = issuedAt.get(ticket)
    if (at === undefined) return 'unknown'
    return now - at < LIFE_MS ? 'valid' : 'expired'
  }

  return { issue, judge, latest: () => latest }
}
