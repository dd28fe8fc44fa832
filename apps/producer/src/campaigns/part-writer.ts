/** Writes rows to the ledger, part by part: no more than one part is ever held. */
import {
  type AppId,
  type CampaignId,
  type Look,
  lookWithPage,
  ROWS_PER_PART,
  type SceneRow,
} from '@sunpress/core'
import type { CampaignLedger } from '@sunpress/ledger'
import { Problem } from '../problem.js'

export interface PartWriter {
  readonly rows: number
  /** Waits only when a part is full. Throws Problem when a row of another content stands there. */
  add(row: SceneRow): Promise<void> | null
  /** A row that is left out, and why. */
  addBad(row: unknown): Promise<void> | null
  finish(): Promise<void>
}

/** Bad rows in one file: they may be long. */
const BAD_ROWS_PER_FILE = 1_000
/** Pages whose look is known to be written; most campaigns have one. */
const PAGES_KNOWN = 1_000
const LOOKS_AT_ONCE = 16

export function createPartWriter(
  ledger: CampaignLedger,
  { id, app, look }: { id: CampaignId; app: AppId; look: Look },
): PartWriter {
  const written = new Set<string | undefined>()
  let rows: SceneRow[] = []
  let bad: unknown[] = []
  let [total, badFiles] = [0, 0]

  const writeLooks = async (part: readonly SceneRow[]): Promise<void> => {
    const pages = [...new Set(part.map(({ page }) => page))].filter((page) => !written.has(page))
    for (let at = 0; at < pages.length; at += LOOKS_AT_ONCE) {
      const some = pages.slice(at, at + LOOKS_AT_ONCE)
      await Promise.all(some.map((page) => ledger.writeLook(app, lookWithPage(look, page))))
    }
    for (const page of pages) written.add(page)
    for (const page of written) if (written.size > PAGES_KNOWN) written.delete(page)
  }

  const flush = async (): Promise<void> => {
    const part = rows
    rows = []
    await writeLooks(part)
    const first = total - part.length
    const answer = await ledger.writePart(id, Math.floor(first / ROWS_PER_PART), first, part)
    if (answer === 'conflict') throw conflict()
  }

  const flushBad = async (): Promise<void> => {
    const some = bad
    bad = []
    await ledger.writeBadRows(id, badFiles++, some)
  }

  return {
    get rows() {
      return total
    },
    add(row) {
      rows.push(row)
      total++
      return rows.length === ROWS_PER_PART ? flush() : null
    },
    addBad(row) {
      bad.push(row)
      return bad.length === BAD_ROWS_PER_FILE ? flushBad() : null
    },
    async finish() {
      if (rows.length > 0) await flush()
      if (bad.length > 0) await flushBad()
    },
  }
}

/** The code of every 422 that is about the key itself. */
export const REUSED = 'idempotency_key_reused'

export const conflict = (): Problem =>
  new Problem(
    422,
    REUSED,
    'An earlier attempt under this Idempotency-Key had other rows. Send this one under a key of its own.',
  )
