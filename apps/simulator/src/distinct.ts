/** A set of texts that has a cap: what is in it already may come again for ever. Long texts are kept as their digest. */
import { createHash } from 'node:crypto'

export type Distinct = {
  /** Takes the text in. False: it is new, and the set has `cap` already. */
  admit(text: string, cap: number): boolean
  size(): number
}

const LONGEST_KEPT = 48

/** The text, or a long one's beginning with a digest of the whole: what bounded stores keep, and still tell apart. */
export function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 24)}…#${digest(text)}`
}

export function createDistinct(): Distinct {
  const seen = new Set<string>()

  function admit(text: string, cap: number): boolean {
    const key = text.length <= LONGEST_KEPT ? text : `\u0000${digest(text)}`
    if (seen.has(key)) return true
    if (seen.size >= cap) return false
    seen.add(key)
    return true
  }

  return { admit, size: () => seen.size }
}

/** 128 bits. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
