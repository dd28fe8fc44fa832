/**
 * Places in a manifest: `<generation>.<n>`, behind row n. Rows in closed parts keep their numbers for good; those of the tail
 * are numbered anew when the index is rebuilt, so that a cursor into the tail of an older generation steps back far enough
 * to miss nothing. Rows may then come twice, under the same ids.
 */
import { type Generation, isGeneration } from '@sunpress/core'
import { badCursor } from '../problem.js'

export interface Cursor {
  readonly generation: string
  readonly n: number
}

/** The generation of rows in closed parts: true in every one. */
export const ANY_GENERATION = '0'

/** More than a feed ever holds outside of closed parts: feeding stops at 50,000, and two lanes' windows may follow. */
export const MOST_TAIL = 60_000

export const START: Cursor = { generation: ANY_GENERATION, n: 0 }

export const formatCursor = ({ generation, n }: Cursor): string => `${generation}.${n}`

/** Throws Problem 400. */
export function parseCursor(text: string | undefined): Cursor {
  if (text === undefined || text === '') return START
  const [generation, digits, ...rest] = text.split('.')
  if (isGeneration(generation) && rest.length === 0 && /^\d{1,15}$/.test(digits ?? '')) {
    return { generation, n: Number(digits) }
  }
  throw badCursor(text)
}

/** The row behind which to go on. `base` as in CampaignIndex, null when the index doesn't hold the campaign. */
export function resumeAfter(cursor: Cursor, current: Generation | null, base: number | null): number {
  if (cursor.generation === ANY_GENERATION || cursor.generation === current) return cursor.n
  return Math.max(0, Math.min(cursor.n, base ?? cursor.n) - MOST_TAIL)
}
