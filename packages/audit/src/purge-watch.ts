/** Keeps the mark of a purge fresh while it works, and ends the purge when it may no longer rely on it. */
import type { Clock } from '@sunpress/core'
import { type AuditMark, PURGE_STALE_MS } from '@sunpress/ledger'

export interface PurgeWatch {
  /** Asks the ledger. Throws when another purge or heal has taken over, or when this one slept so long that others take it for dead. */
  mayGoOn(): Promise<void>
  /** The same, for before every small step: the ledger is asked now and then. */
  stepOn(): Promise<void>
}

const RENEW_EVERY_MS = 10_000

/** null: a dry run, which has no mark. */
export function watchPurge(mark: AuditMark | null, clock: Pick<Clock, 'now'>): PurgeWatch {
  if (mark === null) return { mayGoOn: async () => {}, stepOn: async () => {} }
  let renewedAtMs = clock.now()
  const mayGoOn = async (): Promise<void> => {
    const nowMs = clock.now()
    // Half of it: clocks of two machines differ.
    if (nowMs - renewedAtMs > PURGE_STALE_MS / 2)
      throw new Error('the purge stood still for too long: others take it for dead; repeat it')
    if (!(await mark.renew())) throw new Error('another purge or heal has taken over')
    renewedAtMs = nowMs
  }
  return {
    mayGoOn,
    async stepOn() {
      if (Math.abs(clock.now() - renewedAtMs) >= RENEW_EVERY_MS) await mayGoOn()
    },
  }
}
