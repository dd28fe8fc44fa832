/** 415, with the types that are read where it was asked. Pure. */
import { fieldDefect } from '@sunpress/core'
import { Problem } from './problem.js'

export interface DescribedBody {
  readonly body?: { readonly content?: Readonly<Record<string, unknown>> }
}

/** `came`: its Content-Type; undefined without one. */
export function wrongMediaType(schema: DescribedBody | undefined, came: string | undefined): Problem {
  const types = Object.keys(schema?.body?.content ?? {})
  const error = fieldDefect(
    'Content-Type',
    'value',
    types.join(' | ') || 'none, as no body is read here',
    came,
  )
  return new Problem(415, 'media_type', `The body is not of a type that is read here. ${error.message}.`, {
    errors: [{ parameter: 'Content-Type', ...error }],
  })
}
