/** Where a text stops being JSON, which JSON.parse says only sometimes, and in words. Pure; for text of bounded depth. */

const FIRST_PRINTABLE = 0x20
const SPACES = ' \t\n\r'
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const NUMBER = /-?(?:0|[1-9]\d{0,400})(?:\.\d{1,400})?(?:[eE][+-]?\d{1,400})?(?![\w.+-])/y
const NAME = /(?:true|false|null)\b/y

/** UTF-16 index of the first character of what can't stand there; the text's length where more was to come. */
export function jsonErrorAt(text: string): number {
  const reader = { text, at: 0 }
  if (value(reader)) space(reader)
  return reader.at
}

interface Reader {
  readonly text: string
  /** Where it failed, once it has. */
  at: number
}

function value(reader: Reader): boolean {
  space(reader)
  const next = reader.text[reader.at]
  if (next === '{') return list(reader, '}', member)
  if (next === '[') return list(reader, ']', value)
  return next === '"' ? quoted(reader) : match(reader, NUMBER) || match(reader, NAME)
}

function member(reader: Reader): boolean {
  space(reader)
  if (!quoted(reader)) return false
  space(reader)
  return take(reader, ':') && value(reader)
}

function list(reader: Reader, end: '}' | ']', item: (reader: Reader) => boolean): boolean {
  reader.at++
  space(reader)
  if (take(reader, end)) return true
  while (item(reader)) {
    space(reader)
    if (take(reader, end)) return true
    if (!take(reader, ',')) return false
  }
  return false
}

/** By hand, like the spaces: over megabytes, a regular expression runs out of stack. */
function quoted(reader: Reader): boolean {
  if (!take(reader, '"')) return false
  while (reader.at < reader.text.length) {
    if (take(reader, '"')) return true
    if (reader.text[reader.at] !== '\\') {
      if (reader.text.charCodeAt(reader.at) < FIRST_PRINTABLE) return false
      reader.at++
    } else if (!match(reader, ESCAPE)) return false
  }
  return false
}

function space(reader: Reader): boolean {
  while (reader.at < reader.text.length && SPACES.includes(reader.text.charAt(reader.at))) reader.at++
  return true
}

function take(reader: Reader, sign: string): boolean {
  const fits = reader.text[reader.at] === sign
  if (fits) reader.at++
  return fits
}

function match(reader: Reader, pattern: RegExp): boolean {
  pattern.lastIndex = reader.at
  const fits = pattern.test(reader.text)
  if (fits) reader.at = pattern.lastIndex
  return fits
}
