/** Writes rows to the ledger, part by part: no more than one part is ever held. */
import {
  type AppId,
  type CampaignId,
  campaignTimeOf,
  type Look,
  lookWithPage,
  ROWS_PER_PART,
  type SceneRow,
} from '@sunpress/core'
import { type BadRow, type CampaignLedger, createPartLines } from '@sunpress/ledger'
import { Problem } from '../problem.js'

export interface PartWriter {
  readonly rows: number
  /** Waits only when there is something to write. Throws Problem when a row of another content stands there. */
  add(row: SceneRow): Promise<void> | null
  /** A row that is left out, and why. */
  addBad(row: BadRow): Promise<void> | null
  finish(): Promise<void>
}

interface PartsOf {
  readonly id: CampaignId
  readonly app: AppId
  readonly look: Look
  /** Told of the rows so far, after each part. */
  readonly onPart: (rows: number) => void
}

/** Divides a part. */
const ROWS_PER_PACK = 1_000
/** Bad rows in one file: they may be long. */
const BAD_ROWS_PER_FILE = 1_000
/** Pages whose look is known to be written; most campaigns have one. */
const PAGES_KNOWN = 1_000
const LOOKS_AT_ONCE = 16

export function createPartWriter(ledger: CampaignLedger, { id, app, look, onPart }: PartsOf): PartWriter {
  const usedAtMs = campaignTimeOf(id)
  const written = new Set<string | undefined>()
  const lines = createPartLines()
  let rows: SceneRow[] = []
  let bad: BadRow[] = []
  let [total, badFiles] = [0, 0]

  const writeLooks = async (some: readonly SceneRow[]): Promise<void> => {
    const pages = [...new Set(some.map(({ page }) => page))].filter((page) => !written.has(page))
    for (let at = 0; at < pages.length; at += LOOKS_AT_ONCE) {
      const now = pages.slice(at, at + LOOKS_AT_ONCE)
      await Promise.all(now.map((page) => ledger.writeLook(app, lookWithPage(look, page), usedAtMs)))
    }
    for (const page of pages) written.add(page)
    for (const page of written) if (written.size > PAGES_KNOWN) written.delete(page)
  }

  const pack = async (): Promise<void> => {
    const some = rows
    rows = []
    lines.add(some)
    await writeLooks(some)
    if (lines.rows === ROWS_PER_PART) await flush()
  }

  const flush = async (): Promise<void> => {
    const first = total - lines.rows
    const answer = await ledger.writePart(id, Math.floor(first / ROWS_PER_PART), first, lines)
    if (answer === 'conflict') throw conflict()
    lines.clear()
    onPart(total)
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
      return rows.length === ROWS_PER_PACK ? pack() : null
    },
    addBad(row) {
      bad.push(row)
      return bad.length === BAD_ROWS_PER_FILE ? flushBad() : null
    },
    async finish() {
      if (rows.length > 0) await pack()
      if (lines.rows > 0) await flush()
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
