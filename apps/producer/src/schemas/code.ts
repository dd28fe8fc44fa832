import { Type } from 'typebox'
import { Time } from './common.js'

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
  },
  { $id: 'Code' },
)
