/** 415, with the types that are read where it was asked. Pure. */
import { fieldDefect } from '@sunpress/core'
import { Problem } from './problem.js'

export interface DescribedBody {
  readonly body?: { readonly content?: Readonly<Record<string, unknown>> }
}

/** What clients send without having been told to. Other words in this header may be anything, and are not repeated. */
const COMMON: ReadonlySet<string> = new Set([
  ...[
    'application/json',
    'application/octet-stream',
    'application/x-ndjson',
    'application/x-www-form-urlencoded',
  ],
  ...['application/xml', 'multipart/form-data', 'text/csv', 'text/html', 'text/plain', 'text/xml'],
])

/** `came`: its Content-Type; undefined without one. */
export function wrongMediaType(schema: DescribedBody | undefined, came: string | undefined): Problem {
  const types = Object.keys(schema?.body?.content ?? {})
  const error = fieldDefect(
    'Content-Type',
    'value',
    types.join(' | ') || 'none, as no body is read here',
    came === undefined ? came : shownType(came),
  )
  return new Problem(415, 'media_type', `The body is not of a type that is read here. ${error.message}.`, {
    errors: [{ parameter: 'Content-Type', ...error }],
  })
}

function shownType(came: string): string {
  const [type = ''] = came.toLowerCase().split(';')
  return COMMON.has(type.trim()) ? type.trim() : 'another type'
}
