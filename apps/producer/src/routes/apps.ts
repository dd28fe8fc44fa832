/** GET /v1/apps: quotas, holds and the state of the token, as far as they are known. Never a credential. */
import type { AppId } from '@sunpress/core'
import { Type } from 'typebox'
import type { ApiContext } from '../context.js'
import { badCursor, noSuch } from '../problem.js'
import { COMMON_PROBLEMS, DEFAULT_LIMIT, jsonContent, LIMIT } from '../schemas/common.js'
import { describeApp } from './describe-app.js'
import { type Api, wholeNumber } from './route.js'

const ListQuery = Type.Object(
  { cursor: Type.Optional(Type.String()), limit: LIMIT },
  { additionalProperties: false },
)

export function appRoutes(app: Api, context: ApiContext): void {
  const listSchema = {
    operationId: 'listApps',
    tags: ['apps'],
    summary: 'The apps that are printed for',
    querystring: ListQuery,
    response: { 200: jsonContent('A page', 'AppList'), ...COMMON_PROBLEMS },
  }
  app.get(
    '/v1/apps',
    { schema: listSchema, preValidation: wholeNumber('limit') },
    async ({ query: { cursor, limit = DEFAULT_LIMIT } }) => {
      const apps = context.apps.all()
      const from = cursor === undefined ? 0 : apps.findIndex(({ appid }) => appid === cursor) + 1
      if (cursor !== undefined && from === 0) throw badCursor(cursor)
      const some = apps.slice(from, from + limit)
      const items = await Promise.all(some.map((each) => describeApp(context, each)))
      const more = from + limit < apps.length
      return { items, nextCursor: more ? (some.at(-1)?.appid ?? null) : null }
    },
  )

  const getSchema = {
    operationId: 'getApp',
    tags: ['apps'],
    summary: 'One app',
    params: Type.Object({ appid: Type.String() }),
    response: { 200: jsonContent('The app', 'App'), ...COMMON_PROBLEMS },
  }
  app.get('/v1/apps/:appid', { schema: getSchema }, async ({ params }) => {
    const found = context.apps.find(params.appid as AppId)
    if (found === undefined) throw noSuch('app', params.appid)
    return await describeApp(context, found)
  })
}
