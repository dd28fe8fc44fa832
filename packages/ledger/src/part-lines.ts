/**
 * The rows of a part as they will stand in it, off the heap, in one buffer that serves part after part: an upload of any size
 * leaves no more garbage than its lines. Not for two parts at once.
 */
import type { SceneRow } from '@sunpress/core'

export interface PartLines {
  readonly rows: number
  add(rows: readonly SceneRow[]): void
  /** The whole part: its head and the lines. Good until the next `add` or `clear`. */
  under(head: Buffer): Uint8Array
  clear(): void
}

/** For the head, which is known last and stands first. */
const HEAD_BYTES = 256
const FIRST_BYTES = 256 * 1_024
/** UTF-8 of one UTF-16 unit, at most. */
const MOST_BYTES_A_UNIT = 3

export function createPartLines(): PartLines {
  let buffer = Buffer.allocUnsafe(FIRST_BYTES)
  let used = HEAD_BYTES
  let rows = 0

  const makeRoom = (bytes: number): void => {
    if (used + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, used + bytes))
    buffer.copy(larger, 0, 0, used)
    buffer = larger
  }

  return {
    get rows() {
      return rows
    },
    add(more) {
      for (const row of more) {
        const line = `${JSON.stringify(row)}\n`
        makeRoom(line.length * MOST_BYTES_A_UNIT)
        used += buffer.write(line, used)
      }
      rows += more.length
    },
    under(head) {
      if (head.length > HEAD_BYTES) throw new RangeError(`a head of ${head.length} bytes`)
      const start = HEAD_BYTES - head.length
      head.copy(buffer, start)
      return buffer.subarray(start, used)
    },
    clear() {
      used = HEAD_BYTES
      rows = 0
    },
  }
}

/** For a part whose rows are all at hand. */
export function packRows(rows: readonly SceneRow[]): PartLines {
  const lines = createPartLines()
  lines.add(rows)
  return lines
}
