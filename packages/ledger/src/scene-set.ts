/** Scenes of a campaign by their index: a bit each, or a sorted list where they are few. Pure. */

export interface SceneSet {
  readonly size: number
  /** Bytes that it takes in memory are few beside those of a bit for each scene. */
  readonly isSparse: boolean
  has(index: number): boolean
  /** Ascending. */
  each(step: (index: number) => void): void
  /** The first so many from `index` on, ascending. */
  from(index: number, most: number): number[]
}

/** Bits from the most significant one of the first byte, as Redis has them. */
export const bitmapSet = (bits: Buffer): SceneSet => ({
  size: countBits(bits),
  isSparse: false,
  has: (index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0,
  each: (step) => eachBit(bits, step),
  from: (index, most) => someBits(bits, index, most),
})

/** Ascending. */
export const listSet = (indexes: Uint32Array): SceneSet => ({
  size: indexes.length,
  isSparse: true,
  has: (index) => isAmong(indexes, index),
  each: (step) => {
    for (const index of indexes) step(index)
  },
  from(index, most) {
    const at = placeOf(indexes, index)
    return Array.from(indexes.subarray(at, at + most))
  },
})

/** Those whose bit is set; null when they are more than `most`. */
export function sceneIndexes(bits: Buffer, most: number): Uint32Array | null {
  const size = countBits(bits)
  if (size > most) return null
  const indexes = new Uint32Array(size)
  let at = 0
  eachBit(bits, (index) => {
    indexes[at++] = index
  })
  return indexes
}

export function countBits(bits: Buffer): number {
  let count = 0
  for (const byte of bits) count += ONES[byte] ?? 0
  return count
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

function eachBit(bits: Buffer, step: (index: number) => void): void {
  for (let at = 0; at < bits.length; at++) {
    const byte = bits[at] ?? 0
    for (let bit = 0; byte !== 0 && bit < 8; bit++) {
      if ((byte & (0x80 >> bit)) !== 0) step(at * 8 + bit)
    }
  }
}

function someBits(bits: Buffer, from: number, most: number): number[] {
  const found: number[] = []
  for (let at = from; at < bits.length * 8 && found.length < most; at++) {
    const byte = bits[at >> 3] ?? 0
    if (byte === 0) at |= 7
    else if ((byte & (0x80 >> (at & 7))) !== 0) found.push(at)
  }
  return found
}

const isAmong = (sorted: Uint32Array, index: number): boolean => sorted[placeOf(sorted, index)] === index

/** Where the first one stands that is not below `index`. */
function placeOf(sorted: Uint32Array, index: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < index) low = middle + 1
    else high = middle
  }
  return low
}
