/** Where a CSV record ends, by the rules of RFC 4180; it looks at quotes, commas and ends of lines and at nothing else. */
const QUOTE = 0x22
const COMMA = 0x2c
const CR = 0x0d
const LF = 0x0a

/** The offset behind the record and its end of line; or why there is none. */
export type RecordEnd =
  | number
  /** More bytes are needed to tell. */
  | 'more'
  /** A quoted field goes on behind its closing quote. */
  | 'bad_quote'
  /** The bytes end inside a quoted field. */
  | 'unclosed'

/** `whole`: nothing follows these bytes. A quote inside of an unquoted field is an ordinary character. */
export function recordEnd(bytes: Uint8Array, from: number, whole: boolean): RecordEnd {
  let at = from
  for (;;) {
    const end = bytes[at] === QUOTE ? quotedEnd(bytes, at + 1, whole) : unquotedEnd(bytes, at)
    if (typeof end !== 'number') return end
    if (end >= bytes.length) return whole ? bytes.length : 'more'
    if (bytes[end] === LF) return end + 1
    if (bytes[end] !== COMMA) return 'bad_quote'
    at = end + 1
  }
}

/** The offset of the comma or line feed behind an unquoted field; the length of the bytes when there is none. */
function unquotedEnd(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== LF) at++
  return at
}

/** The same for a quoted field, of which `from` is the first byte within. */
function quotedEnd(bytes: Uint8Array, from: number, whole: boolean): RecordEnd {
  for (let at = from; ; at += 2) {
    at = bytes.indexOf(QUOTE, at)
    if (at === -1) return whole ? 'unclosed' : 'more'
    if (bytes[at + 1] === QUOTE) continue
    if (bytes[at + 1] !== CR) return at + 1
    if (at + 2 === bytes.length && !whole) return 'more'
    return bytes[at + 2] === LF ? at + 2 : 'bad_quote'
  }
}
