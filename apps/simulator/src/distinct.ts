/** A set of texts that has a cap: what is in it already may come again for ever. Long texts are kept as their digest. */
import { createHash } from 'node:crypto'

export type Distinct = {
  /** Takes the text in. False: it is new, and the set has `cap` already. */
  admit(text: string, cap: number): boolean
  size(): number
}

const LONGEST_KEPT = 48

export function createDistinct(): Distinct {
  const seen = new Set<string>()

  function admit(text: string, cap: number): boolean {
    const key = text.length <= LONGEST_KEPT ? text : digest(text)
    if (seen.has(key)) return true
    if (seen.size >= cap) return false
    seen.add(key)
    return true
  }

  return { admit, size: () => seen.size }
}

/** 128 bits; the control character keeps it apart from texts kept whole. */
function digest(text: string): string {
  return `\u0000${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
}
