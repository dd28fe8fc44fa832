/**
 * Numbers that were seen, in 5 to 11 bytes each once there are many: eight million take 64 MB, and a Set half a gigabyte. By 44 bits
 * of each: of eight million evenly spread ones, about two are taken for another. It grows in small steps, and never shrinks.
 */
export interface MarkSet {
  readonly size: number
  /** What it takes. */
  readonly bytes: number
  has(mark: number): boolean
  add(mark: number): void
}

const SHELVES = 4_096
const FEWEST_SLOTS = 16
/** Of a shelf's slots. */
const FULLEST = 0.75

interface Shelf {
  /** 0: free. */
  slots: Uint32Array
  used: number
}

/** Marks are whole numbers of up to 2^53. */
export function createMarkSet(): MarkSet {
  const shelves: (Shelf | undefined)[] = Array.from({ length: SHELVES })
  let size = 0
  return {
    get size() {
      return size
    },
    get bytes() {
      return shelves.reduce((sum, shelf) => sum + (shelf?.slots.byteLength ?? 0), 0)
    },
    has(mark) {
      const shelf = shelves[mark % SHELVES]
      if (shelf === undefined) return false
      const word = wordOf(mark)
      return shelf.slots[placeOf(shelf.slots, word)] === word
    },
    add(mark) {
      const at = mark % SHELVES
      const shelf = shelves[at] ?? { slots: new Uint32Array(FEWEST_SLOTS), used: 0 }
      shelves[at] = shelf
      if (!put(shelf.slots, wordOf(mark))) return
      size++
      if (++shelf.used > shelf.slots.length * FULLEST) shelf.slots = doubled(shelf.slots)
    },
  }
}

/** The 32 bits above those that choose the shelf. */
const wordOf = (mark: number): number => Math.floor(mark / SHELVES) >>> 0 || 1

/** Where it stands, or the free slot where it would. */
function placeOf(slots: Uint32Array, word: number): number {
  const last = slots.length - 1
  let at = word & last
  while (slots[at] !== 0 && slots[at] !== word) at = (at + 1) & last
  return at
}

/** False when it was there. */
function put(slots: Uint32Array, word: number): boolean {
  const at = placeOf(slots, word)
  if (slots[at] === word) return false
  slots[at] = word
  return true
}

function doubled(slots: Uint32Array): Uint32Array {
  const more = new Uint32Array(slots.length * 2)
  for (const word of slots) if (word !== 0) put(more, word)
  return more
}
