/** Finds the scenes whose bit is not set, reading the bitmap in slices. */

/** Bytes asked of Redis at first: 64k scenes. Twice as many each time after: the first million may be done. */
const FIRST_BYTES = 8_192
const MOST_BYTES = 262_144

type ReadBytes = (first: number, last: number) => Promise<Buffer>

export async function unsetBitsIn(
  read: ReadBytes,
  { from, below, limit }: { from: number; below: number; limit: number },
): Promise<number[]> {
  const found: number[] = []
  let first = from >> 3
  const end = (below + 7) >> 3
  for (let most = FIRST_BYTES; first < end && found.length < limit; most = nextSize(most)) {
    const size = Math.min(most, end - first)
    const bytes = await read(first, first + size - 1)
    collect(found, bytes, first * 8, { from, below: Math.min(below, (first + size) * 8), limit })
    first += size
  }
  return found
}

const nextSize = (size: number): number => Math.min(2 * size, MOST_BYTES)

/** Redis counts bits from the most significant one; bytes behind the end of the bitmap are zero. */
function collect(
  found: number[],
  bytes: Buffer,
  offset: number,
  { from, below, limit }: { from: number; below: number; limit: number },
): void {
  for (let index = Math.max(from, offset); index < below && found.length < limit; index++) {
    const byte = bytes[(index - offset) >> 3] ?? 0
    if (byte === 0xff && (index & 7) === 0) index += 7
    else if ((byte & (0x80 >> (index & 7))) === 0) found.push(index)
  }
}

/** Bits that are set in one or the other; the shorter one counts as zero behind its end. */
export function eitherOf(a: Buffer, b: Buffer): Buffer {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  if (short.length === 0) return long
  const both = Buffer.from(long)
  for (let at = 0; at < short.length; at++) both[at] = (both[at] ?? 0) | (short[at] ?? 0)
  return both
}
