/**
 * What must outlive Redis of an app's quota: that a lane was ever called, and its long holds.
 * Throws WaitFault `ledger_unavailable` when the store can't be asked: waiting for the ledger is no scene's fault.
 */
import { type AppId, type Hold, isFault, type Lane, type Records, WaitFault } from '@sunpress/core'

export interface QuotaLedger {
  /** True for the one process that marks the lane as called; false when it was marked before. */
  markCalled(app: AppId, lane: Lane, atMs: number): Promise<boolean>
  recordHold(app: AppId, lane: Lane, hold: Hold): Promise<void>
  /** null when none is recorded, or it is over. */
  readHold(app: AppId, lane: Lane, nowMs: number): Promise<Hold | null>
  removeHold(app: AppId, lane: Lane): Promise<void>
}

export const calledKey = (app: AppId, lane: Lane): string => `apps/${app}/called/${lane}.json`
export const holdKey = (app: AppId, lane: Lane): string => `apps/${app}/holds/${lane}.json`

export function createQuotaLedger(records: Records): QuotaLedger {
  return {
    async markCalled(app, lane, atMs) {
      const mark = toBytes({ v: 1, firstCallAt: new Date(atMs).toISOString() })
      return (await asking(() => records.putIfAbsent(calledKey(app, lane), mark))) === 'created'
    },
    async recordHold(app, lane, { scope, reason, untilMs }) {
      await asking(() => records.put(holdKey(app, lane), toBytes({ v: 1, scope, reason, untilMs })))
    },
    async readHold(app, lane, nowMs) {
      const bytes = await asking(() => records.read(holdKey(app, lane)))
      if (bytes === null) return null
      const hold = JSON.parse(new TextDecoder().decode(bytes)) as Hold
      return hold.untilMs > nowMs ? hold : null
    },
    async removeHold(app, lane) {
      await asking(() => records.remove(holdKey(app, lane)))
    },
  }
}

const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (isFault(cause) && cause.kind === 'halt') throw cause
    throw new WaitFault(
      'ledger_unavailable',
      "the ledger can't tell whether this app was called before",
      1_000,
      { cause },
    )
  }
}
