/**
 * What was told of pictures, and which of them a list has shown to stand: about 93 bytes each, outside of the heap. Open addressing
 * over 120 bits of a code id's digest, so that two pictures are never taken for each other.
 */
import type { CodeId } from '@sunpress/core'

export interface TableRow {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  /** Pixels. */
  readonly width: number
  readonly publishedAtMs: number
  /** null as long as it was not seen. */
  readonly closedAtMs: number | null
}

export type ToldRow = Omit<TableRow, 'closedAtMs'>

export interface PictureTable {
  /** Later news replaces older. Throws RangeError when there are more than the table was made for. */
  tell(id: CodeId, row: ToldRow): void
  /** It stands in the store. Of one that nobody told of, or of another size, nothing is kept. */
  see(id: CodeId, stored: { readonly bytes: number; readonly closedAtMs: number }): void
  find(id: CodeId): TableRow | null
}

const LOAD = 3 / 4
const WORDS = 4
const SHA256_BYTES = 32

export function createPictureTable(rows: number): PictureTable {
  const slots = Math.ceil(rows / LOAD) + 1
  const words = new Uint32Array(slots * WORDS)
  const sums = Buffer.alloc(slots * SHA256_BYTES)
  const bytes = new Uint32Array(slots)
  const widths = new Uint16Array(slots)
  const told = new Float64Array(slots)
  const seen = new Float64Array(slots)
  let taken = 0

  /** Where it stands, or would. A picture has at least one byte, so a slot of none is free. */
  const slotOf = (id: CodeId): number => {
    const key = wordsOf(id)
    for (let at = (key[0] ?? 0) % slots; ; at = (at + 1) % slots) {
      if (bytes[at] === 0 || key.every((word, of) => words[at * WORDS + of] === word)) return at
    }
  }

  return {
    tell(id, row) {
      const at = slotOf(id)
      if (bytes[at] === 0 && ++taken > rows) throw new RangeError(`more than ${rows} pictures`)
      words.set(wordsOf(id), at * WORDS)
      sums.write(row.sha256, at * SHA256_BYTES, 'hex')
      bytes[at] = row.bytes
      widths[at] = row.width
      told[at] = row.publishedAtMs
      seen[at] = Number.NaN
    },
    see(id, stored) {
      const at = slotOf(id)
      if (bytes[at] !== 0 && bytes[at] === stored.bytes) seen[at] = stored.closedAtMs
    },
    find(id) {
      const at = slotOf(id)
      if (bytes[at] === 0) return null
      const closedAtMs = seen[at] ?? Number.NaN
      return {
        bytes: bytes[at] ?? 0,
        sha256: sums.toString('hex', at * SHA256_BYTES, (at + 1) * SHA256_BYTES),
        width: widths[at] ?? 0,
        publishedAtMs: told[at] ?? 0,
        closedAtMs: Number.isNaN(closedAtMs) ? null : closedAtMs,
      }
    },
  }
}

/** Characters in a word, of five bits each. */
const CHARACTERS = 6

/** The first 120 bits behind the appid. */
function wordsOf(id: CodeId): number[] {
  const from = id.indexOf('-') + 1
  return Array.from({ length: WORDS }, (_, word) => {
    let value = 0
    for (let at = from + word * CHARACTERS; at < from + (word + 1) * CHARACTERS; at++)
      value = (value << 5) | rankOf(id.charCodeAt(at))
    return value
  })
}

const [DIGIT_TWO, LETTER_A] = ['2'.charCodeAt(0), 'a'.charCodeAt(0)]

/** Of a character of lower-case base32, in the order of keys: digits come before letters. */
const rankOf = (code: number): number => (code < LETTER_A ? code - DIGIT_TWO : code - LETTER_A + 6) & 31

/** Where a digest stands among all that there can be, from 0 up to 1. */
export function positionOf(id: CodeId): number {
  const [first = 0] = wordsOf(id)
  return first / 2 ** (5 * CHARACTERS)
}
