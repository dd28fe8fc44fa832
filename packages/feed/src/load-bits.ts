/** A campaign's bits on their way into Redis, slice by slice: a command of 12.5 MB would take three times that for a moment. */

/** Several campaigns may be loaded at once. */
export const SLICE_BYTES = 262_144

/** `write` is given each slice and its first byte, in order; the first answer that isn't `loaded` ends it, and is given. */
export async function loadBits<Answer extends string>(
  bits: Buffer,
  write: (at: number, slice: Buffer) => Promise<Answer | 'loaded'>,
): Promise<Answer | 'loaded'> {
  // Without any bits there is one empty slice: what was left goes.
  for (let at = 0; at === 0 || at < bits.length; at += SLICE_BYTES) {
    const answer = await write(at, bits.subarray(at, at + SLICE_BYTES))
    if (answer !== 'loaded') return answer
  }
  return 'loaded'
}
