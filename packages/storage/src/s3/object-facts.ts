/** What an answer's headers say of an object. Pure. */
import type { IncomingHttpHeaders } from 'node:http'

export interface ObjectFacts {
  /** Of the whole object. */
  readonly bytes: number
  /** By our own mark, in ms; else Last-Modified, which knows whole seconds only. */
  readonly closedAtMs: number
  /** The mark of the put that made it. */
  readonly put: string | null
  /** Lower-case hex. */
  readonly sha256: string | null
  /** Pixels. */
  readonly width: number | null
  readonly contentType: string | null
}

export const SHA256_META = 'x-amz-meta-sha256'
export const WIDTH_META = 'x-amz-meta-width'
/** Names the put that made an object. */
export const PUT_META = 'x-amz-meta-put'
export const CLOSED_META = 'x-amz-meta-closed-at'

export function readFacts(headers: IncomingHttpHeaders): ObjectFacts {
  const word = (name: string): string | null => {
    const value = headers[name]
    return typeof value === 'string' ? value : null
  }
  const sha256 = word(SHA256_META)
  const modified = Date.parse(word('last-modified') ?? '')
  return {
    bytes: totalOf(word('content-range')) ?? wholeNumber(word('content-length')) ?? 0,
    closedAtMs: wholeNumber(word(CLOSED_META)) ?? (Number.isNaN(modified) ? 0 : modified),
    put: word(PUT_META),
    sha256: sha256 !== null && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null,
    width: wholeNumber(word(WIDTH_META)),
    contentType: word('content-type'),
  }
}

/** "bytes 0-9/100": 100. */
const totalOf = (range: string | null): number | null => wholeNumber(range?.split('/')[1] ?? null)

const wholeNumber = (text: string | null): number | null =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
