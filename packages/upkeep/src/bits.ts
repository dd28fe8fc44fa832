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
