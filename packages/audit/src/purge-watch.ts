/** Keeps the mark of a purge fresh while it works, and ends the purge when it may no longer rely on it. */
import type { Clock } from '@sunpress/core'
import { type AuditMark, PURGE_STALE_MS } from '@sunpress/ledger'

export interface PurgeWatch {
  /** Asks the ledger. Throws when another purge or heal has taken over, or when this one slept so long that others take it for dead. */
  mayGoOn(): Promise<void>
  /** The same, for before every small step: the ledger is asked when its last answer is a second old. */
  stepOn(): Promise<void>
  /** Has nobody taken over? Always so for a dry run. */
  isOurs(): Promise<boolean>
}

const RENEW_EVERY_MS = 10_000
/** A look writes nothing. By the clock that only grows: one that was frozen asks before it takes anything away. */
const LOOK_EVERY_MS = 1_000

/** null: a dry run, which has no mark. */
export function watchPurge(mark: AuditMark | null, clock: Pick<Clock, 'now' | 'monotonic'>): PurgeWatch {
  if (mark === null) return { mayGoOn: async () => {}, stepOn: async () => {}, isOurs: async () => true }
  let renewedAtMs = clock.now()
  let askedAtTicks = clock.monotonic()
  // The answer is as old as its question.
  const ask = async (question: () => Promise<boolean>): Promise<void> => {
    const ticks = clock.monotonic()
    if (!(await question())) throw new Error('another purge or heal has taken over')
    askedAtTicks = ticks
  }
  const mayGoOn = async (): Promise<void> => {
    const nowMs = clock.now()
    // Half of it: clocks of two machines differ.
    if (nowMs - renewedAtMs > PURGE_STALE_MS / 2)
      throw new Error('the purge stood still for too long: others take it for dead; repeat it')
    await ask(mark.renew)
    renewedAtMs = nowMs
  }
  return {
    mayGoOn,
    async stepOn() {
      if (Math.abs(clock.now() - renewedAtMs) >= RENEW_EVERY_MS) await mayGoOn()
      if (clock.monotonic() - askedAtTicks > LOOK_EVERY_MS) await ask(mark.isMine)
    },
    isOurs: mark.isMine,
  }
}
