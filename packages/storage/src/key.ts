/**
 * The shape of every key: plain segments, which mean the same as a file's path, in a URL and in a list's order.
 * A key that breaks it is a bug of the caller, so it is a TypeError, never a fault.
 */
const SEGMENT = /^[A-Za-z0-9._~=+@,-]{1,240}$/
const MOST_CHARACTERS = 900

/** Names of files that are still being written; no key has such a segment. */
export const TEMP_MARK = '.tmp-'

export function checkKey(key: string): string {
  if (key.length > MOST_CHARACTERS || !key.split('/').every(isSegment)) {
    throw new TypeError(`not a key of the store: ${JSON.stringify(key.slice(0, 120))}`)
  }
  return key
}

/** A prefix is the beginning of a key, cut anywhere: empty, ending in "/", or in the midst of a segment. */
export function checkPrefix(prefix: string): string {
  const cut = prefix.lastIndexOf('/')
  if (cut >= 0) checkKey(prefix.slice(0, cut))
  if (cut + 1 < prefix.length && !SEGMENT.test(prefix.slice(cut + 1))) checkKey(prefix.slice(cut + 1))
  return prefix
}

const isSegment = (name: string): boolean =>
  SEGMENT.test(name) && name !== '.' && name !== '..' && !name.startsWith(TEMP_MARK)
