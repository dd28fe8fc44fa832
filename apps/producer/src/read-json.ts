/** JSON bodies: UTF-8, of bounded depth and of bounded objects, so that nobody's parser is made to climb or to sprawl. */
import { isUtf8 } from 'node:buffer'
import { fieldDefect } from '@sunpress/core'
import { jsonErrorAt } from './json-error.js'
import { badRequest, type Problem } from './problem.js'

export const MOST_DEPTH = 32
/** Of one object. A million of them are a second of parsing and a gigabyte of memory; no request has more than a dozen. */
export const MOST_FIELDS = 1_000
/** From where it isn't JSON any more. */
const SHOWN_CHARACTERS = 20

/** undefined for an empty body. Throws Problem 400. NOTE: `__proto__` comes out as a field of its own, which no request has. */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw badRequest('malformed_json', 'The body is not UTF-8.')
  checkShape(bytes)
  const text = bytes.toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw malformed(text)
  }
}

function malformed(text: string): Problem {
  const at = jsonErrorAt(text)
  const before = text.slice(0, at).split('\n')
  const line = before.length
  const column = (before.at(-1)?.length ?? 0) + 1
  const rest = text.slice(at, at + SHOWN_CHARACTERS)
  const error = { line, ...fieldDefect('body', 'json', `JSON at column ${column}`, rest || undefined) }
  return badRequest('malformed_json', `The body is not JSON: line ${line}, column ${column}.`, [error])
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/** Throws Problem 400 at the first place that is too deep or too wide. */
function checkShape(bytes: Buffer): void {
  // How many fields the object at each depth has so far.
  const fields = new Uint32Array(MOST_DEPTH + 1)
  let [depth, quoted] = [0, false]
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (quoted) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) quoted = false
    } else if (byte === QUOTE) quoted = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MOST_DEPTH) throw tooDeep()
      fields[depth] = 0
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === COLON) {
      const count = (fields[depth] ?? 0) + 1
      if (count > MOST_FIELDS) throw tooWide()
      fields[depth] = count
    }
  }
}

const tooDeep = (): Problem => badRequest('json_too_deep', `The body nests deeper than ${MOST_DEPTH} levels.`)

const tooWide = (): Problem =>
  badRequest('json_too_wide', `An object in the body has more than ${MOST_FIELDS} fields.`)
