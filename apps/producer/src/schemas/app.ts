import { Type } from 'typebox'
import { listOf, nullable, Time } from './common.js'

const Used = nullable(Type.Integer({ minimum: 0 }), { description: 'null: not known now' })

const LANE = {
  perMinute: Type.Object(
    { used: Used, limit: Type.Integer({ description: 'Our share of what WeChat grants' }) },
    { description: 'Of this clock minute' },
  ),
  perDay: Type.Object(
    { used: Used, limit: nullable(Type.Integer(), { description: 'null: no limit is known' }) },
    { description: 'Of this day in Shanghai' },
  ),
  rate: nullable(Type.Number(), {
    description: 'Part of the limit of a minute in use now: below 1 after WeChat found the lane too fast',
  }),
  usedByOthers: nullable(Type.Integer(), {
    description: 'Calls of today that somebody else made with this app, at least; null: WeChat has not told',
  }),
}

export const App = Type.Object(
  {
    appid: Type.String(),
    name: Type.String(),
    quotas: Type.Object({
      unlimited: Type.Object(LANE),
      limited: Type.Object({
        ...LANE,
        lifetime: nullable(Type.Object({ used: Type.Integer(), limit: Type.Integer() }), {
          description: 'Different codes of the limited endpoints, ever; null: not known now',
        }),
      }),
    }),
    holds: nullable(
      Type.Array(
        Type.Object({
          scope: Type.String({ description: 'app | lane | page | campaign' }),
          lane: nullable(Type.String()),
          page: nullable(Type.Object({ page: Type.String(), envVersion: Type.String() })),
          campaign: nullable(Type.String()),
          reason: Type.String(),
          message: nullable(Type.String(), { description: 'What was found, or what WeChat said' }),
          until: Time,
        }),
        { description: 'What stops its lanes; null: not known' },
      ),
    ),
    token: Type.Object({
      state: Type.String({
        description:
          'cached | none | failing | held | unknown; never the token itself. failing: there is none, and the last try to get one failed. held: WeChat gives or takes none until the hold with reason token ends',
      }),
    }),
  },
  { $id: 'App' },
)

export const Clears = Type.Object(
  {
    used: Type.Integer({ description: 'This month (Asia/Shanghai), by us' }),
    left: Type.Integer({ description: "At most: those made in WeChat's console count too" }),
    limit: Type.Integer(),
  },
  { $id: 'Clears' },
)

export const AppList = listOf('AppList', 'App')
