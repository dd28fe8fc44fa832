/** Commands for an app: go on in spite of a hold, and clear its quotas at WeChat. */
import { type App, type AppId, type Hold, LANES } from '@sunpress/core'
import { CLEARS_A_MONTH } from '@sunpress/ledger'
import { Type } from 'typebox'
import type { ApiContext } from '../context.js'
import { noSuch, Problem } from '../problem.js'
import { COMMON_PROBLEMS, jsonContent, problemContent } from '../schemas/common.js'
import { describeApp } from './describe-app.js'
import type { Api } from './route.js'

const AppParams = Type.Object({ appid: Type.String() })

/** Without any of them all holds end. */
const HoldFilter = Type.Object(
  {
    scope: Type.Optional(Type.Enum(['app', 'lane', 'page', 'campaign'])),
    lane: Type.Optional(Type.Enum([...LANES])),
    page: Type.Optional(Type.String()),
    campaign: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

interface Filter {
  readonly scope?: string
  readonly lane?: string
  readonly page?: string
  readonly campaign?: string
}

export function appControlRoutes(app: Api, context: ApiContext): void {
  const resumeSchema = {
    operationId: 'resumeApp',
    tags: ['apps'],
    summary:
      'End the holds of an app, or those that are named: what caused them is met again if it is still there',
    params: AppParams,
    querystring: HoldFilter,
    response: {
      200: jsonContent('The app after it', 'App'),
      ...COMMON_PROBLEMS,
      415: problemContent('No body is wanted'),
    },
  }
  app.post('/v1/apps/:appid/resume', { schema: resumeSchema }, async ({ params, query }) => {
    const found = appOf(context, params.appid)
    // Whoever resumes the whole app has looked: what WeChat said of a lifetime (45029) may have changed too.
    if (Object.keys(query).length === 0) await context.reopenLifetime(found.appid)
    for (const hold of await context.readHolds(found.appid)) {
      if (isMeant(hold, query)) await context.liftHold(hold.target)
    }
    return await describeApp(context, found)
  })

  const clearsSchema = {
    operationId: 'getClears',
    tags: ['apps'],
    summary: 'How often the quotas of an app may still be cleared this month',
    params: AppParams,
    response: { 200: jsonContent('The month', 'Clears'), ...COMMON_PROBLEMS },
  }
  app.get('/v1/apps/:appid/clear-quota', { schema: clearsSchema }, ({ params }) =>
    clearsOf(context, appOf(context, params.appid).appid),
  )

  const clearSchema = {
    operationId: 'clearQuota',
    tags: ['apps'],
    summary: "Start an app's daily quotas anew at WeChat (clear_quota); ten a month, never done by itself",
    params: AppParams,
    response: {
      200: jsonContent('The month after it', 'Clears'),
      ...COMMON_PROBLEMS,
      409: problemContent('The month has no more, or WeChat refused'),
      415: problemContent('No body is wanted'),
      502: problemContent('No answer that says: WeChat may have cleared it'),
    },
  }
  app.post('/v1/apps/:appid/clear-quota', { schema: clearSchema }, async ({ params }) => {
    const { appid } = appOf(context, params.appid)
    await clear(context, appid)
    return await clearsOf(context, appid)
  })
}

function appOf({ apps }: ApiContext, appid: string): App {
  const found = apps.find(appid as AppId)
  if (found === undefined) throw noSuch('app', appid)
  return found
}

function isMeant({ target }: Hold, { scope, lane, page, campaign }: Filter): boolean {
  if (scope !== undefined && target.scope !== scope) return false
  if (lane !== undefined && !(target.scope === 'lane' && target.lane === lane)) return false
  if (page !== undefined && !(target.scope === 'page' && target.page.page === page)) return false
  return campaign === undefined || (target.scope === 'campaign' && target.campaign === campaign)
}

async function clearsOf({ clears, clock }: ApiContext, app: AppId) {
  const used = await clears.count(app, clock.now())
  return { used, limit: CLEARS_A_MONTH, left: CLEARS_A_MONTH - used }
}

/** Counted before it is asked for: two commands at once are two of the ten. */
async function clear(context: ApiContext, app: AppId): Promise<void> {
  const { clears, clock, clearQuota } = context
  const atMs = clock.now()
  const number = await clears.claim(app, atMs)
  if (number === null) throw new Problem(409, 'no_clears_left', 'This month has no more clearings.')
  const answer = await clearQuota(app).catch(async (fault) => {
    await clears.giveBack(app, atMs, number)
    throw fault
  })
  if (answer.kind === 'cleared') return await beginDay(context, app)
  if (answer.kind === 'unknown') throw await unknownOutcome(context, app, answer.message)
  if (answer.kind === 'exhausted') await clears.exhaust(app, atMs)
  else await clears.giveBack(app, atMs, number)
  throw new Problem(409, answer.kind === 'exhausted' ? 'no_clears_left' : 'not_cleared', answer.message)
}

/** WeChat has cleared it: that our own count goes on until tomorrow, for want of Redis, must not make anybody ask again. */
async function beginDay({ restartDay, observer }: ApiContext, app: AppId): Promise<void> {
  try {
    await restartDay(app)
  } catch (fault) {
    observer.failed('clear-quota', fault)
  }
}

/** It stays counted: WeChat may have counted it too. Its own count of calls tells whether the day has begun anew. */
async function unknownOutcome({ recount }: ApiContext, app: AppId, message: string): Promise<Problem> {
  await recount(app)
  const advice = `WeChat may have cleared it: look at GET /v1/apps/${app}/clear-quota before asking again.`
  return new Problem(502, 'unknown_outcome', `${advice} ${message}`)
}
