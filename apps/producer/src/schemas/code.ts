import { Type } from 'typebox'
import { listOf, nullable, Time } from './common.js'

export const Code = Type.Object(
  {
    codeId: Type.String(),
    app: Type.String(),
    key: Type.String({ description: 'In the store' }),
    url: Type.String(),
    bytes: Type.Integer({ minimum: 1 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    contentType: Type.String(),
    closedAt: Time,
    replaced: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), {
      description:
        'sha256 of pictures that were printed again under this key, rightly: rows of before have that of another',
    }),
  },
  { $id: 'Code' },
)

/** Found by its scene: without its checksum, which `GET /v1/codes/{codeId}` gives. */
export const FoundCode = Type.Object(
  {
    codeId: Type.String(),
    app: Type.String(),
    scene: Type.String(),
    lookId: Type.String(),
    look: Type.Object(
      {
        endpoint: Type.String(),
        page: nullable(Type.String()),
        checkPath: Type.Boolean({ description: 'No part of what tells looks apart' }),
        envVersion: Type.String(),
        width: Type.Integer(),
        autoColor: Type.Boolean(),
        lineColor: Type.Object({ r: Type.Integer(), g: Type.Integer(), b: Type.Integer() }),
        hyaline: Type.Boolean(),
        epoch: Type.Integer(),
        format: Type.String(),
      },
      { description: 'In full, with its defaults' },
    ),
    firstUsedAt: nullable(Time, { description: 'When its look came into use; null: not known' }),
    key: Type.String({ description: 'In the store' }),
    url: Type.String(),
    bytes: Type.Integer({ minimum: 1 }),
    closedAt: Time,
  },
  { $id: 'FoundCode' },
)

export const FoundCodes = listOf('FoundCodes', 'FoundCode')
