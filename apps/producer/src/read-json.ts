/** JSON bodies: UTF-8, of bounded depth, so that nobody's parser is made to climb. */
import { isUtf8 } from 'node:buffer'
import { badRequest } from './problem.js'

export const MOST_DEPTH = 32

/** undefined for an empty body. Throws Problem 400. NOTE: `__proto__` comes out as a field of its own, which no request has. */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw badRequest('malformed_json', 'The body is not UTF-8.')
  if (depthOf(bytes) > MOST_DEPTH) {
    throw badRequest('json_too_deep', `The body nests deeper than ${MOST_DEPTH} levels.`)
  }
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw badRequest('malformed_json', 'The body is not JSON.')
  }
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
