import { type TSchema, Type } from 'typebox'

export const problemContent = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
})

/** The problems that any route may answer. */
export const COMMON_PROBLEMS = {
  400: problemContent('A parameter, or the request itself, is malformed'),
  401: problemContent('No API key, or one that is not known'),
  403: problemContent('Not for this key, or not from there'),
  404: problemContent('There is no such thing'),
  405: problemContent('Not with this method'),
  500: problemContent('A defect of this service'),
  503: problemContent('Not now: the same request may be sent again'),
}

export const jsonContent = (description: string, name: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: `${name}#` } } },
})

export const nullable = <S extends TSchema>(schema: S, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options)

export const Time = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' })

export const DEFAULT_LIMIT = 100
/**
 * `limit` is read as a number before it is looked at: see wholeNumber. Like every query parameter it has its default in words:
 * the page under /docs would send any other.
 */
export const LIMIT = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1_000, description: `Items in one page; by default ${DEFAULT_LIMIT}` }),
)

export const listOf = (id: string, item: string, extra: Record<string, TSchema> = {}) =>
  Type.Object(
    {
      items: Type.Array({ $ref: `${item}#` } as unknown as TSchema),
      nextCursor: nullable(Type.String({ description: 'Asks for the next page' })),
      ...extra,
    },
    { $id: id },
  )

export const ROW_PLACE = {
  line: Type.Optional(Type.Integer({ description: 'Physical line of the body, from 1' })),
  pointer: Type.Optional(Type.String({ description: 'JSON pointer into the body' })),
}

export const DEFECT = {
  field: Type.String(),
  rule: Type.String({ description: 'Stable, for programs' }),
  value: Type.Unknown(),
  message: Type.String(),
}

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable, for programs' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          ...ROW_PLACE,
          parameter: Type.Optional(Type.String({ description: 'Query parameter or header' })),
          ...DEFECT,
        }),
        { description: 'The first 1,000' },
      ),
    ),
    errorCount: Type.Optional(Type.Integer({ description: 'All of them' })),
  },
  { $id: 'Problem', description: 'RFC 9457 problem details' },
)
