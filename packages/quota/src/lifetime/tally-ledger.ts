/**
 * What must outlive Redis of a count: one create-only mark for each item, and what WeChat has said of it.
 * Throws WaitFault `ledger_unavailable` when the store can't be asked.
 */
import { type AppId, isFault, type Records, WaitFault } from '@sunpress/core'
import type { TallyKind } from '@sunpress/redis'
import type { CountedItem } from './parameter-set.js'
import type { SaidCount, SaidFull } from './tally-scripts.js'

export interface Said {
  readonly said: SaidCount | null
  readonly full: SaidFull | null
}

export interface TallyLedger {
  mark(app: AppId, item: CountedItem): Promise<void>
  /** Keys of all marked items, up to 1,000 at a time. */
  marked(app: AppId): AsyncIterable<readonly string[]>
  readSaid(app: AppId): Promise<Said>
  recordSaid(app: AppId, said: Said): Promise<void>
}

const FOLDERS: Record<TallyKind, string> = { codes: 'lifetime', pages: 'lifetime-pages' }

export const markFolder = (app: AppId, kind: TallyKind): string => `apps/${app}/${FOLDERS[kind]}/`
export const markKey = (app: AppId, kind: TallyKind, item: string): string =>
  `${markFolder(app, kind)}${item.slice(0, 2)}/${item}`
export const saidKey = (app: AppId, kind: TallyKind): string => `apps/${app}/${FOLDERS[kind]}.json`

const ITEM = /\/([0-9a-f]{32})$/

export function createTallyLedger(records: Records, kind: TallyKind): TallyLedger {
  return {
    async mark(app, { key, text }) {
      await asking(() => records.putIfAbsent(markKey(app, kind, key), new TextEncoder().encode(text)))
    },
    async *marked(app) {
      let after: string | null = ''
      while (after !== null) {
        const from: string = after
        const page = await asking(() =>
          records.list(markFolder(app, kind), from === '' ? {} : { after: from }),
        )
        yield page.keys.flatMap((key) => ITEM.exec(key)?.[1] ?? [])
        after = page.next
      }
    },
    async readSaid(app) {
      const bytes = await asking(() => records.read(saidKey(app, kind)))
      if (bytes === null) return { said: null, full: null }
      const { said, full } = JSON.parse(new TextDecoder().decode(bytes)) as Said
      return { said, full }
    },
    async recordSaid(app, { said, full }) {
      const bytes = new TextEncoder().encode(JSON.stringify({ v: 1, said, full }))
      await asking(() => records.put(saidKey(app, kind), bytes))
    },
  }
}

async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (isFault(cause) && cause.kind === 'halt') throw cause
    throw new WaitFault(
      'ledger_unavailable',
      "the ledger can't tell what a lifetime's quota was used for",
      1_000,
      {
        cause,
      },
    )
  }
}
