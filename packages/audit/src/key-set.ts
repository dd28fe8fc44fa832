/**
 * Which codes are still wanted, in a bounded number of bytes: a Bloom filter over code ids. It may say yes to one that it was never
 * told (one in a million at the size it was made for), never no to one that it was: a picture too many stays, none too many goes.
 */
import { createHash } from 'node:crypto'
import type { CodeId } from '@sunpress/core'

export interface KeySet {
  add(id: CodeId): void
  mayHave(id: CodeId): boolean
}

/** -ln(1e-6) / ln(2)^2 bits for each; as many probes as are best for that. */
const BITS_EACH = 28.8
const PROBES = 20
/** In a small set two hashes fall together too often to stand for as many as are wanted. */
const LEAST_BITS = 2 ** 20

export function createKeySet(expected: number): KeySet {
  const bits = Math.max(LEAST_BITS, Math.ceil(expected * BITS_EACH))
  const bytes = new Uint8Array(Math.ceil(bits / 8))
  return {
    add(id) {
      for (const at of probesOf(id, bits)) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7))
    },
    mayHave: (id) => probesOf(id, bits).every((at) => ((bytes[at >> 3] ?? 0) & (1 << (at & 7))) !== 0),
  }
}

/** Kirsch and Mitzenmacher: two hashes stand for as many as are wanted. */
function probesOf(id: CodeId, bits: number): number[] {
  const digest = createHash('sha256').update(id).digest()
  const [first, second] = [digest.readUIntBE(0, 6), digest.readUIntBE(6, 6) | 1]
  return Array.from({ length: PROBES }, (_, i) => Math.abs(first + i * second) % bits)
}
