/**
 * What a campaign would come to, without making it: its rows are read as they would be, and compared with what the store holds.
 * Exact up to some ten thousand different scenes; beyond, what is published is sampled, and what is said of it is an estimate.
 */
import { type CodeStore, isFault, laneOf, lookWithPage, nameCode, type SceneRow } from '@sunpress/core'
import type { BadRow } from '@sunpress/ledger'
import { type CountedItem, type LifetimePlan, parameterSet } from '@sunpress/quota'
import type { CampaignDraft } from './campaign-request.js'
import type { GuardParts } from './guard-lifetime.js'
import { createMarkSet } from './mark-set.js'
import { assumedBytes, recentBytes, type SizeParts } from './picture-sizes.js'
import { createRelay } from './relay.js'
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
  /** Bytes of one picture, and what says so. */
  readonly bytesEach: number
  readonly bytesBy: BytesBy
  /** As the guard of the lifetime counts; null for getwxacodeunlimit, and while that can't be known. */
  readonly lifetime: LifetimePlan | null
}

/** These very pictures, the app's last ones of this format and width, or a formula. */
export type BytesBy = 'pictures' | 'recent' | 'formula'

export interface PlanParts extends SizeParts, Pick<GuardParts, 'planLifetime'> {
  readonly codes: Pick<CodeStore, 'stat'>
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
  parts: PlanParts,
  draft: CampaignDraft,
  batches: RowBatches,
): Promise<PlanFacts> {
  const counted = countLifetime(parts, draft)
  const [facts, lifetime] = await Promise.all([
    countRows(parts, draft, batches, counted.add).finally(counted.end),
    counted.plan,
  ])
  const { sizes, ...rows } = facts
  return { ...rows, ...(await bytesOf(parts, draft, sizes)), lifetime }
}

/** Bounds both memory and what its reader may be behind: rows are told of while they are read. */
function countLifetime({ planLifetime }: PlanParts, { app, look }: CampaignDraft) {
  if (laneOf(look.endpoint) !== 'limited') return { plan: null, add: () => null, end: () => {} }
  const sets = createRelay<CountedItem>()
  const plan = planLifetime(app, sets)
    .catch((fault) => {
      if (isFault(fault)) return null
      throw fault
    })
    .finally(sets.close)
  return {
    plan,
    add: ({ scene, page }: SceneRow) => sets.push(parameterSet({ scene, look: lookWithPage(look, page) })),
    end: sets.end,
  }
}

interface Sizes {
  pictures: number
  bytes: number
}

async function bytesOf(
  parts: PlanParts,
  { app, look }: CampaignDraft,
  { pictures, bytes }: Sizes,
): Promise<Pick<PlanFacts, 'bytesEach' | 'bytesBy'>> {
  if (pictures > 0) return { bytesEach: Math.round(bytes / pictures), bytesBy: 'pictures' }
  const recent = await recentBytes(parts, app, look)
  if (recent !== null) return { bytesEach: recent, bytesBy: 'recent' }
  return { bytesEach: assumedBytes(look), bytesBy: 'formula' }
}

async function countRows(
  { codes }: PlanParts,
  draft: CampaignDraft,
  batches: RowBatches,
  count: (row: SceneRow) => Promise<void> | null,
): Promise<Omit<PlanFacts, 'bytesEach' | 'bytesBy' | 'lifetime'> & { readonly sizes: Sizes }> {
  const { app, look } = draft
  const errors: BadRow[] = []
  const seen = createMarkSet()
  const sizes: Sizes = { pictures: 0, bytes: 0 }
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

  const lookAt = (row: SceneRow): Promise<void> | null => {
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

  const add = (row: SceneRow): Promise<void> | null => {
    const [full, looked] = [count(row), lookAt(row)]
    return full === null || looked === null ? (full ?? looked) : both(full, looked)
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
    sizes,
  }
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other])
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

async function inTurns<T>(items: readonly T[], step: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE)
    await Promise.all(items.slice(at, at + AT_ONCE).map(step))
}
