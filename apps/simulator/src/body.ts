/** Parses a request body as WeChat's parser does: JSON whatever the Content-Type says. */
import type { JsonObject } from './fields.js'

/** The fields, or why there are none: nothing was sent (44002), or no JSON object (47001). */
export type ParsedBody = { readonly fields: JsonObject } | { readonly errcode: 44002 | 47001 }

/**
 * @param literalEscapes true: a `\uXXXX` escape is not decoded but stays six characters in the value, as it does at
 * WeChat; other escapes (`\/`, `\"`) are decoded. False: plain JSON.
 */
export function parseBody(text: string, literalEscapes: boolean): ParsedBody {
  if (text.trim() === '') return { errcode: 44002 }
  try {
    const value: unknown = JSON.parse(literalEscapes ? keepEscapes(text) : text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { fields: value as JsonObject }
    }
  } catch {}
  return { errcode: 47001 }
}

/** Doubles the backslash of every `\uXXXX`, walking escape by escape so that `\\u` is left alone. */
function keepEscapes(text: string): string {
  if (!text.includes('\\u')) return text
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (whole, rest: string) =>
    rest.length === 5 ? `\\\\${rest}` : whole,
  )
}
