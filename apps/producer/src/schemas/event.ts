/** Rows of a manifest. */
import { Type } from 'typebox'
import { listOf, nullable, Time } from './common.js'

const ROW = {
  v: Type.Literal(1),
  id: Type.String({ description: '<campaign>.<index>; the same in every repeat' }),
  app: Type.String(),
  campaign: Type.String(),
  index: Type.Integer({ minimum: 0 }),
  n: Type.Integer({ minimum: 1, description: '1, 2, 3 … in the order of publication' }),
  scene: Type.String(),
  page: Type.Optional(Type.String()),
  caption: Type.Optional(Type.String()),
  cursor: Type.Optional(Type.String({ description: 'In streams alone: asks for the rows behind this one' })),
}

export const PublishedEvent = Type.Object(
  {
    ...ROW,
    ref: Type.Optional(Type.String()),
    type: Type.Enum(['code.published', 'code.replaced'], {
      description: 'code.replaced: another picture stands under a key that was published before',
    }),
    codeId: Type.String(),
    look: Type.String(),
    key: Type.String({ description: 'In the store' }),
    url: Type.String(),
    bytes: Type.Integer({ minimum: 1 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    contentType: Type.String(),
    width: Type.Integer(),
    reused: Type.Boolean({
      description:
        'The picture was there already: closed before the campaign was created, or printed for another row',
    }),
    publishedAt: Time,
  },
  { $id: 'PublishedEvent' },
)

export const Failure = Type.Object(
  {
    ...ROW,
    ref: nullable(Type.String()),
    type: Type.Literal('code.refused'),
    errcode: nullable(Type.Integer()),
    reason: Type.String(),
    rid: nullable(Type.String()),
    attempts: Type.Integer(),
    refusedAt: Time,
  },
  { $id: 'Failure' },
)

const RESUME = {
  resumeCursor: Type.String({
    description:
      'Behind the last row that was looked at, also where nextCursor is null: later rows come after it',
  }),
}

export const Manifest = listOf('Manifest', 'PublishedEvent', RESUME)
export const Failures = listOf('Failures', 'Failure', RESUME)
