/** Finds the scenes whose bit is not set, reading the bitmap in slices. */

/** Bytes asked of Redis at a time: 64k scenes. */
const SLICE_BYTES = 8_192

type ReadBytes = (first: number, last: number) => Promise<Buffer>

export async function unsetBitsIn(
  read: ReadBytes,
  { from, below, limit }: { from: number; below: number; limit: number },
): Promise<number[]> {
  const found: number[] = []
  let first = from >> 3
  while (first * 8 < below && found.length < limit) {
    const bytes = await read(first, first + SLICE_BYTES - 1)
    collect(found, bytes, first * 8, { from, below: Math.min(below, (first + SLICE_BYTES) * 8), limit })
    first += SLICE_BYTES
  }
  return found
}

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
