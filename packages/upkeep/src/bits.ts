/** A bitmap as Redis counts it: from the most significant bit of the first byte. Pure. */

export const newBits = (total: number): Buffer => Buffer.alloc(Math.ceil(total / 8))

export const hasBit = (bits: Buffer, index: number): boolean =>
  ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0

export function setBit(bits: Buffer, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7))
}

export function clearBit(bits: Buffer, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) & ~(0x80 >> (index & 7))
}

export function countBits(bits: Buffer): number {
  let count = 0
  for (const byte of bits) count += ONES[byte] ?? 0
  return count
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

export function eachBit(bits: Buffer, step: (index: number) => void): void {
  for (let at = 0; at < bits.length; at++) {
    if (bits[at] === 0) continue
    for (let index = at * 8; index < at * 8 + 8; index++) if (hasBit(bits, index)) step(index)
  }
}
