import { Type } from 'typebox'
import { listOf, nullable, Time } from './common.js'

const Quota = Type.Object({
  used: nullable(Type.Integer(), { description: 'null: not told yet, as in every answer of this release' }),
  limit: Type.Integer({ description: 'Our share of what WeChat grants' }),
})

export const App = Type.Object(
  {
    appid: Type.String(),
    name: Type.String(),
    quotas: Type.Object({
      unlimited: Type.Object({ perMinute: Quota }),
      limited: Type.Object({ perMinute: Quota, perDay: Quota, lifetime: Quota }),
    }),
    holds: nullable(
      Type.Array(
        Type.Object({ lane: Type.String(), scope: Type.String(), reason: Type.String(), until: Time }),
        { description: 'What stops its lanes; null: not known' },
      ),
    ),
    token: Type.Object({
      state: Type.String({
        description:
          'cached | none | held | unknown; never the token itself. held: WeChat gives or takes none until the hold with reason token ends',
      }),
    }),
  },
  { $id: 'App' },
)

export const AppList = listOf('AppList', 'App')
