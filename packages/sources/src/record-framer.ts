/**
 * Cuts a body into records before anything reads them, so that a line which is too long or badly quoted costs itself and
 * nothing behind it. Holds at most one record (64 kB) besides the block in hand, whatever comes; what it answers does not
 * depend on how the body was cut into blocks. Says nothing about fields.
 */
import { type FieldDefect, fieldDefect } from '@sunpress/core'
import { recordEnd } from './record-end.js'

/** Without its line feed. A record with line feeds inside of quotes keeps to the same limit. */
export const MAX_LINE_BYTES = 65_536
const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22

/** Records that stand one behind another, empty lines among them; each is whole, and well quoted. */
export interface Span {
  readonly bytes: Buffer
  /** For each record: where it starts in `bytes`, and its physical line in the body. */
  readonly starts: readonly number[]
  readonly lines: readonly number[]
}

export interface BadLine {
  readonly line: number
  readonly defect: FieldDefect
  /** The body ends inside of this record. */
  readonly fatal: boolean
}

export type Framed = { readonly span: Span } | { readonly bad: BadLine }

export const firstLine = (framed: Framed): number =>
  'bad' in framed ? framed.bad.line : (framed.span.lines[0] ?? 0)

export class RecordFramer {
  readonly #quoted: boolean
  #held: Buffer = Buffer.alloc(0)
  #line = 1
  /** The rest of a line whose defect has been told. */
  #discarding = false

  /** `quoted`: line feeds inside of CSV quotes belong to their record. */
  constructor(quoted: boolean) {
    this.#quoted = quoted
  }

  get heldBytes(): number {
    return this.#held.length
  }

  /** The records that this block completes; with `last`, those that the body ends with too. */
  push(block: Buffer, last: boolean): Framed[] {
    const bytes = this.#held.length === 0 ? block : Buffer.concat([this.#held, block])
    const out = new Output(bytes)
    let at = this.#discarding ? this.#pastLine(bytes, 0) : 0
    let quote = this.#quoted ? bytes.indexOf(QUOTE, at) : -1
    while (at < bytes.length) {
      if (quote !== -1 && quote < at) quote = bytes.indexOf(QUOTE, at)
      const end = this.#end(bytes, at, quote, last)
      if (end === 'more') break
      at = typeof end === 'number' ? this.#take(out, at, end) : this.#leave(out, at, end)
    }
    this.#held = bytes.subarray(at)
    return out.finish()
  }

  #end(bytes: Buffer, at: number, quote: number, last: boolean): number | 'more' | Flaw {
    const lineFeed = bytes.indexOf(LF, at)
    const lineEnd = lineFeed === -1 ? bytes.length : lineFeed
    if (quote === -1 || quote > lineEnd) {
      if (lineEnd - at > MAX_LINE_BYTES) return 'too_long'
      if (lineFeed !== -1) return lineFeed + 1
      return last ? bytes.length : 'more'
    }
    return quotedRecordEnd(bytes, at, lineEnd, last)
  }

  #take(out: Output, at: number, end: number): number {
    if (!isBlank(out.bytes, at, end)) out.record(at, end, this.#line)
    this.#line += countLines(out.bytes, at, end)
    return end
  }

  /** Tells a defect and goes on behind the first line of the record; behind everything when the body was cut off. */
  #leave(out: Output, at: number, flaw: Flaw): number {
    out.bad({ line: this.#line, defect: lineDefect(out.bytes, at, flaw), fatal: flaw === 'cut_off' })
    return flaw === 'cut_off' ? out.bytes.length : this.#pastLine(out.bytes, at)
  }

  #pastLine(bytes: Buffer, from: number): number {
    const lineFeed = bytes.indexOf(LF, from)
    this.#discarding = lineFeed === -1
    if (this.#discarding) return bytes.length
    this.#line++
    return lineFeed + 1
  }
}

type Flaw = 'too_long' | 'quote' | 'cut_off'

/**
 * For a record with quotes. A quote that stays open for 64 kB is taken for a stray one: its line is bad and the next line
 * starts a record again.
 */
function quotedRecordEnd(bytes: Buffer, at: number, lineEnd: number, last: boolean): number | 'more' | Flaw {
  // Two more bytes, so that the end of line behind a closing quote can be seen.
  const most = MAX_LINE_BYTES + 2
  const window = bytes.subarray(at, at + most)
  const end = recordEnd(window, 0, last && at + window.length === bytes.length)
  if (end === 'bad_quote') return 'quote'
  if (end === 'unclosed') return 'cut_off'
  if (end === 'more' && window.length < most) return 'more'
  if (end !== 'more' && contentBytes(window, end) <= MAX_LINE_BYTES) return at + end
  return lineEnd - at > MAX_LINE_BYTES ? 'too_long' : 'quote'
}

const contentBytes = (window: Buffer, end: number): number => (window[end - 1] === LF ? end - 1 : end)

/** Only a line feed, or both: a lone carriage return is a character. */
const isBlank = (bytes: Buffer, at: number, end: number): boolean =>
  bytes[end - 1] === LF && (end - at === 1 || (end - at === 2 && bytes[at] === CR))

function countLines(bytes: Buffer, at: number, end: number): number {
  let lines = 0
  for (let next = bytes.indexOf(LF, at); next !== -1 && next < end; next = bytes.indexOf(LF, next + 1))
    lines++
  return lines
}

function lineDefect(bytes: Buffer, at: number, flaw: Flaw): FieldDefect {
  const shown = bytes.toString('utf8', at, at + 100).split('\n', 1)[0]
  switch (flaw) {
    case 'too_long':
      return fieldDefect('row', 'too_long', `a line of at most ${MAX_LINE_BYTES} bytes`, shown)
    case 'quote':
      return fieldDefect('row', 'quote', 'a comma or the end of the line behind a closing quote', shown)
    case 'cut_off':
      return fieldDefect(
        'row',
        'cut_off',
        'a closing quote before the end of the file: it may be cut off',
        shown,
      )
    default:
      return flaw satisfies never
  }
}

/** Gathers records into spans, and defects between them, in the order of the body. */
class Output {
  readonly bytes: Buffer
  readonly #framed: Framed[] = []
  #from = 0
  #to = 0
  #starts: number[] = []
  #lines: number[] = []

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  record(at: number, end: number, line: number): void {
    if (this.#starts.length === 0) this.#from = at
    this.#starts.push(at - this.#from)
    this.#lines.push(line)
    this.#to = end
  }

  bad(bad: BadLine): void {
    this.#close()
    this.#framed.push({ bad })
  }

  finish(): Framed[] {
    this.#close()
    return this.#framed
  }

  #close(): void {
    if (this.#starts.length === 0) return
    const bytes = this.bytes.subarray(this.#from, this.#to)
    this.#framed.push({ span: { bytes, starts: this.#starts, lines: this.#lines } })
    this.#starts = []
    this.#lines = []
  }
}
