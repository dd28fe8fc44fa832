/** JSON bodies: UTF-8, of bounded depth, so that nobody's parser is made to climb. */
import { isUtf8 } from 'node:buffer'
import { fieldDefect } from '@sunpress/core'
import { jsonErrorAt } from './json-error.js'
import { badRequest, type Problem } from './problem.js'

export const MOST_DEPTH = 32
/** From where it isn't JSON any more. */
const SHOWN_CHARACTERS = 20

/** undefined for an empty body. Throws Problem 400. NOTE: `__proto__` comes out as a field of its own, which no request has. */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw badRequest('malformed_json', 'The body is not UTF-8.')
  if (depthOf(bytes) > MOST_DEPTH) {
    throw badRequest('json_too_deep', `The body nests deeper than ${MOST_DEPTH} levels.`)
  }
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

/** Stops counting once it is too deep. */
function depthOf(bytes: Buffer): number {
  let [depth, deepest, quoted] = [0, 0, false]
  for (let at = 0; at < bytes.length && deepest <= MOST_DEPTH; at++) {
    const byte = bytes[at]
    if (quoted) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) quoted = false
    } else if (byte === QUOTE) quoted = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return deepest
}
