/**
 * What must outlive Redis of held pages and campaigns. Damaged files are left alone and hold nothing: the next scene finds out anew.
 * Throws WaitFault `ledger_unavailable` when the store can't be asked.
 */
import { type AppId, isFault, type Records, WaitFault } from '@sunpress/core'
import { holdFile, holdFolder, type KeptHold, nameInFile } from './gate-target.js'

export interface RecordedHold extends KeptHold {
  readonly name: string
  readonly untilMs: number
}

export interface HoldLedger {
  record(app: AppId, hold: RecordedHold): Promise<void>
  /** Those that are not over; the files of others are removed. */
  readAll(app: AppId, nowMs: number): Promise<readonly RecordedHold[]>
  remove(app: AppId, name: string): Promise<void>
}

export function createHoldLedger(records: Records): HoldLedger {
  return {
    async record(app, { name, ...hold }) {
      const bytes = new TextEncoder().encode(JSON.stringify({ v: 1, ...hold }))
      await asking(() => records.put(holdFile(app, name), bytes))
    },
    async readAll(app, nowMs) {
      const holds: RecordedHold[] = []
      for await (const name of namesOf(records, app)) {
        const hold = await asking(async () => parseHold(name, await records.read(holdFile(app, name))))
        if (hold === null) continue
        if (hold.untilMs > nowMs) holds.push(hold)
        else await asking(() => records.remove(holdFile(app, name)))
      }
      return holds
    },
    async remove(app, name) {
      await asking(() => records.remove(holdFile(app, name)))
    },
  }
}

async function* namesOf(records: Records, app: AppId): AsyncGenerator<string> {
  let after: string | null = ''
  while (after !== null) {
    const from: string = after
    const page = await asking(() => records.list(holdFolder(app), from === '' ? {} : { after: from }))
    yield* page.keys.flatMap((key) => nameInFile(key) ?? [])
    after = page.next
  }
}

function parseHold(name: string, bytes: Uint8Array | null): RecordedHold | null {
  if (bytes === null) return null
  try {
    const { target, reason, message, untilMs } = JSON.parse(new TextDecoder().decode(bytes)) as RecordedHold
    return Number.isFinite(untilMs) ? { name, target, reason, message, untilMs } : null
  } catch {
    return null
  }
}

async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (isFault(cause) && cause.kind === 'halt') throw cause
    throw new WaitFault('ledger_unavailable', "the ledger can't tell what is held", 1_000, { cause })
  }
}
