/**
 * What a campaign would come to, without making it: its rows are read as they would be, and compared with what the store holds.
 * Exact up to some ten thousand different scenes; beyond, what is published is sampled, and what is said of it is an estimate.
 */
import { type CodeStore, lookWithPage, nameCode, type SceneRow } from '@sunpress/core'
import type { BadRow } from '@sunpress/ledger'
import type { CampaignDraft } from './campaign-request.js'
import { createMarkSet } from './mark-set.js'
import { type RowBatches, writeScenes } from './write-scenes.js'

export interface PlanFacts {
  readonly rows: number
  /** Rows that can never be printed; `errors` has those of the first. */
  readonly invalidRows: number
  readonly errors: readonly BadRow[]
  /** Rows that ask for the picture of an earlier row. */
  readonly duplicates: number
  readonly alreadyPublished: number
  /** To WeChat, when each succeeds at once. */
  readonly calls: number
  /** `alreadyPublished`, and what follows from it, is counted from a sample. */
  readonly estimated: boolean
  /** Bytes of one picture: as the store's own are, or as WeChat's are at this width. */
  readonly bytesEach: number
  readonly bytesSeen: boolean
}

const MOST_ERRORS = 100
/** Different scenes that are all looked up. */
const LOOKED_UP = 10_000
/** Beyond those, one of so many, chosen by its digest: whatever order rows come in, it isn't theirs. */
const ONE_OF = 100
const AT_ONCE = 64
/** For the memory that they take: 64 MB. Further rows are taken to be different. */
const MOST_COMPARED = 8_000_000

export async function planCampaign(
  codes: Pick<CodeStore, 'stat'>,
  draft: CampaignDraft,
  batches: RowBatches,
): Promise<PlanFacts> {
  const { app, look } = draft
  const errors: BadRow[] = []
  const seen = createMarkSet()
  const sizes = { pictures: 0, bytes: 0 }
  let [rows, duplicates, different, published, waiting] = [0, 0, 0, 0, [] as Wanted[]]

  const lookUp = async (): Promise<void> => {
    const some = waiting
    waiting = []
    await inTurns(some, async ({ key, stands }) => {
      const there = await codes.stat(key)
      if (there === null) return
      published += stands
      sizes.pictures++
      sizes.bytes += there.bytes
    })
  }

  const add = (row: SceneRow): Promise<void> | null => {
    rows++
    const { id, key } = nameCode(app, row.scene, lookWithPage(look, row.page))
    const mark = markOf(id)
    if (seen.has(mark)) {
      duplicates++
      return null
    }
    if (seen.size < MOST_COMPARED) seen.add(mark)
    different++
    if (different <= LOOKED_UP) waiting.push({ key, stands: 1 })
    else if (mark % ONE_OF === 0) waiting.push({ key, stands: ONE_OF })
    return waiting.length >= AT_ONCE * 4 ? lookUp() : null
  }

  const counting = {
    get rows() {
      return rows
    },
    add,
    addBad(bad: BadRow) {
      if (errors.length < MOST_ERRORS) errors.push(bad)
      return null
    },
    finish: lookUp,
  }
  const { skipped } = await writeScenes(batches, counting, { look, badRows: 'skip' })
  const alreadyPublished = Math.min(published, different)
  return {
    rows,
    invalidRows: skipped,
    errors,
    duplicates,
    alreadyPublished,
    calls: different - alreadyPublished,
    estimated: different > LOOKED_UP,
    bytesEach: sizes.pictures > 0 ? Math.round(sizes.bytes / sizes.pictures) : assumedBytes(look.width),
    bytesSeen: sizes.pictures > 0,
  }
}

interface Wanted {
  readonly key: string
  /** How many scenes it stands for. */
  readonly stands: number
}

/** 50 bits of the code's digest. */
function markOf(id: string): number {
  let mark = 0
  for (const char of id.slice(-51, -41)) mark = mark * 32 + BASE32.indexOf(char)
  return mark
}
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Measured on drawings of the same kind: 46 to 63 kB at 430 pixels, with the square root of the area. Of a JPEG. */
const assumedBytes = (width: number): number => Math.round(55_000 * (width / 430) ** 1.5)

async function inTurns<T>(items: readonly T[], step: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE)
    await Promise.all(items.slice(at, at + AT_ONCE).map(step))
}
