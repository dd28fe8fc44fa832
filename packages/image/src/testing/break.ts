/** Ways of breaking a picture on purpose. None changes the bytes that it is given. */

export const cut = (bytes: Uint8Array, length: number): Uint8Array => bytes.slice(0, length)

export const flipBit = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

export const append = (bytes: Uint8Array, tail: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes, ...tail])

/** Puts `insert` where `remove` bytes stood at `at`. */
export const splice = (
  bytes: Uint8Array,
  at: number,
  remove: number,
  insert: readonly number[] = [],
): Uint8Array => Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)])

/** The place of the first of these bytes; throws if they aren't there, for a test that edits nothing proves nothing. */
export function find(bytes: Uint8Array, sought: readonly number[]): number {
  const at = Buffer.from(bytes).indexOf(Uint8Array.from(sought))
  if (at < 0) throw new Error(`no ${sought} in the picture`)
  return at
}
