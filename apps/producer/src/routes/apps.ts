/** GET /v1/apps: quotas, holds and the state of the token, as far as they are known. Never a credential. */
import { type App, type Hold, isFault, LANES, type Lane, perMinuteOf } from '@sunpress/core'
import { Type } from 'typebox'
import type { ApiContext } from '../context.js'
import { badRequest, notFound } from '../problem.js'
import { COMMON_PROBLEMS, DEFAULT_LIMIT, jsonContent, LIMIT } from '../schemas/common.js'
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
      const from = cursor === undefined ? 0 : context.apps.findIndex(({ appid }) => appid === cursor) + 1
      if (cursor !== undefined && from === 0)
        throw badRequest('bad_cursor', 'The cursor is not one of this list.')
      const some = context.apps.slice(from, from + limit)
      const items = await Promise.all(some.map((each) => describe(context, each)))
      const more = from + limit < context.apps.length
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
    const found = context.apps.find(({ appid }) => appid === params.appid)
    if (found === undefined) throw notFound('There is no such app.')
    return await describe(context, found)
  })
}

async function describe(context: ApiContext, { appid, name, quotas }: App) {
  const holds = await holdsOf(context, appid)
  const ours = (limit: number) => ({ used: null, limit: Math.floor(limit * quotas.share) })
  const minute = (lane: Lane) => ({ used: null, limit: perMinuteOf(quotas, lane) })
  return {
    appid,
    name,
    quotas: {
      unlimited: { perMinute: minute('unlimited') },
      limited: {
        perMinute: minute('limited'),
        perDay: ours(quotas.limitedPerDay),
        lifetime: ours(quotas.limitedLifetime),
      },
    },
    holds,
    // One that is still there may be the very one that WeChat refuses.
    token: { state: holds?.some(isOfToken) === true ? 'held' : await context.tokenStateOf(appid) },
  }
}

const isOfToken = ({ reason }: { reason: string }): boolean => reason === 'token'

/** null while Redis can't be asked. */
async function holdsOf({ readHold }: ApiContext, appid: App['appid']) {
  try {
    const holds = await Promise.all(LANES.map(async (lane) => ({ lane, hold: await readHold(appid, lane) })))
    return holds.flatMap(({ lane, hold }) => (hold === null ? [] : [present(lane, hold)]))
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}

const present = (lane: Lane, { scope, reason, untilMs }: Hold) => ({
  lane,
  scope,
  reason,
  until: new Date(untilMs).toISOString(),
})
