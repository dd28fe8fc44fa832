/**
 * What must outlive Redis of an app's quota: that a lane was ever called, long holds, and how many calls of a day may have been made.
 * Throws WaitFault `ledger_unavailable` when the store can't be asked: waiting for the ledger is no scene's fault.
 */
import {
  type AppId,
  type HoldReason,
  isFault,
  type Lane,
  type RecordPage,
  type Records,
  WaitFault,
} from '@sunpress/core'
import { dayName } from './shanghai-day.js'

export interface RecordedHold {
  readonly reason: HoldReason
  readonly untilMs: number
  readonly message: string | null
}

/** Whose hold: a lane's, or the whole app's. */
export type HoldName = Lane | 'app'

export interface QuotaLedger {
  /** True for the one process that marks the lane as called; false when it was marked before. */
  markCalled(app: AppId, lane: Lane, atMs: number): Promise<boolean>
  recordHold(app: AppId, name: HoldName, hold: RecordedHold): Promise<void>
  /** null when none is recorded, or it is over. */
  readHold(app: AppId, name: HoldName, nowMs: number): Promise<RecordedHold | null>
  removeHold(app: AppId, name: HoldName): Promise<void>
  /** Calls reserved of a day, 0 when none are. Older days are forgotten. */
  readReserved(app: AppId, lane: Lane, day: number): Promise<number>
  /** Durable when it resolves; what was reserved before is part of it. */
  reserve(app: AppId, lane: Lane, day: number, reserved: number): Promise<void>
  /** Nothing is reserved of any day. */
  forgetReserved(app: AppId, lane: Lane): Promise<void>
}

export const calledKey = (app: AppId, lane: Lane): string => `apps/${app}/called/${lane}.json`
export const holdKey = (app: AppId, name: HoldName): string => `apps/${app}/holds/${name}.json`
export const daysPrefix = (app: AppId, lane: Lane): string => `apps/${app}/days/${lane}/`
/** The number stands in the name, so that the largest counts whoever writes last. */
export const dayKey = (app: AppId, lane: Lane, day: number, reserved: number): string =>
  `${daysPrefix(app, lane)}${dayName(day)}-${reserved}.json`

export function createQuotaLedger(records: Records): QuotaLedger {
  return {
    async markCalled(app, lane, atMs) {
      const mark = toBytes({ v: 1, firstCallAt: new Date(atMs).toISOString() })
      return (await asking(() => records.putIfAbsent(calledKey(app, lane), mark))) === 'created'
    },
    async recordHold(app, name, { reason, untilMs, message }) {
      await asking(() =>
        records.put(holdKey(app, name), toBytes({ v: 1, scope: name, reason, untilMs, message })),
      )
    },
    async readHold(app, name, nowMs) {
      const bytes = await asking(() => records.read(holdKey(app, name)))
      if (bytes === null) return null
      const hold = JSON.parse(new TextDecoder().decode(bytes)) as RecordedHold
      return hold.untilMs > nowMs ? { ...hold, message: hold.message ?? null } : null
    },
    async removeHold(app, name) {
      await asking(() => records.remove(holdKey(app, name)))
    },
    async forgetReserved(app, lane) {
      const prefix = daysPrefix(app, lane)
      for (;;) {
        const { keys } = await asking(() => records.list(prefix))
        if (keys.length === 0) return
        for (const key of keys) await asking(() => records.remove(key))
      }
    },
    readReserved: (app, lane, day) => asking(() => readReserved(records, daysPrefix(app, lane), day)),
    async reserve(app, lane, day, reserved) {
      const what = toBytes({ v: 1, day: dayName(day), reserved })
      await asking(() => records.putIfAbsent(dayKey(app, lane, day, reserved), what))
    },
  }
}

async function readReserved(records: Records, prefix: string, day: number): Promise<number> {
  const today = dayName(day)
  let most = 0
  for (let after: string | null = ''; after !== null; ) {
    const page: RecordPage = await records.list(prefix, after === '' ? {} : { after })
    const named = page.keys.map((key) => ({ key, ...parseDayKey(key) }))
    for (const { name, reserved } of named) if (name === today) most = Math.max(most, reserved)
    await Promise.all(named.filter(({ name }) => name < today).map(({ key }) => records.remove(key)))
    after = page.next
  }
  return most
}

function parseDayKey(key: string): { readonly name: string; readonly reserved: number } {
  const [, name = '', reserved = '0'] = /(\d{4}-\d\d-\d\d)-(\d+)\.json$/.exec(key) ?? []
  return { name, reserved: Number(reserved) }
}

const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (isFault(cause) && cause.kind === 'halt') throw cause
    throw new WaitFault('ledger_unavailable', "the ledger can't tell what was called before", 1_000, {
      cause,
    })
  }
}
