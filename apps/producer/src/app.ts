/** The API as a Fastify instance, ready to be injected into or to listen. Holds no adapter and makes none. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { AppId } from '@sunpress/core'
import { fastify } from 'fastify'
import { createCampaignReader } from './campaigns/campaign-reader.js'
import type { ApiContext } from './context.js'
import { answerSocket, installErrors, routeOf, sendProblem } from './errors.js'
import { pushRoute } from './platform/push-route.js'
import { Problem, toProblem } from './problem.js'
import { readJson } from './read-json.js'
import { appControlRoutes } from './routes/app-control.js'
import { appRoutes } from './routes/apps.js'
import { badRowRoutes } from './routes/bad-rows.js'
import { campaignRoutes } from './routes/campaigns.js'
import { canaryRoute } from './routes/canary.js'
import { codeRoutes } from './routes/codes.js'
import { createCampaignRoute } from './routes/create-campaign.js'
import { describeApi } from './routes/docs.js'
import type { Api } from './routes/route.js'
import { rowRoutes } from './routes/rows.js'
import { scheduleRoutes } from './routes/schedules.js'
import { App, AppList, Clears } from './schemas/app.js'
import { BadRow, BadRows } from './schemas/bad-row.js'
import { Campaign, CampaignList, CampaignRequest, Canary, Plan } from './schemas/campaign.js'
import { Code, FoundCode, FoundCodes } from './schemas/code.js'
import { Problem as ProblemSchema } from './schemas/common.js'
import { Failure, Failures, Manifest, PublishedEvent } from './schemas/event.js'
import { Schedule, ScheduleList, ScheduleRequest, ScheduleRun, ScheduleRunList } from './schemas/schedule.js'
import { installGuard } from './security/guard.js'
import { installDraining } from './server.js'

const MOST_JSON_BYTES = 10 * 1024 * 1024
const MOST_PARAM_CHARACTERS = 200
/** For a whole request: a gigabyte over a slow line takes hours. A body that stands still ends sooner, see streamedBody. */
const REQUEST_TIMEOUT_MS = 12 * 3_600_000
const HEADERS_TIMEOUT_MS = 60_000
/** Idle time after which the system asks a peer whether it is still there: one that vanished without a word is found. */
const KEEP_ALIVE_PROBE_MS = 60_000

const SCHEMAS = [
  ProblemSchema,
  CampaignRequest,
  Campaign,
  CampaignList,
  Canary,
  Plan,
  PublishedEvent,
  Manifest,
  Failure,
  Failures,
  BadRow,
  BadRows,
  Code,
  FoundCode,
  FoundCodes,
  App,
  AppList,
  ScheduleRequest,
  ScheduleRun,
  ScheduleRunList,
  Schedule,
  ScheduleList,
  Clears,
]

export async function buildApp(context: ApiContext): Promise<Api> {
  const app = createServer(context)
  // Schemas describe answers; they never drop a field of one.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
  for (const schema of SCHEMAS) app.addSchema(schema)
  installErrors(app, context.observer)
  installGuard(app, context.keys)
  readBodies(app)
  installDraining(app)
  app.addHook('onResponse', async (request, reply) =>
    context.observer.answered(request.method, routeOf(request), reply.statusCode),
  )
  await describeApi(app, exampleAppOf(context))
  const reader = createCampaignReader(context)
  // Alone in reading streams: the parsers of a scope are its own.
  app.register(async (scope) => createCampaignRoute(scope as Api, context, reader))
  const { pushes } = context
  if (pushes !== undefined) app.register(async (scope) => pushRoute(scope as Api, pushes))
  campaignRoutes(app, context, reader)
  rowRoutes(app, context, reader)
  canaryRoute(app, context, reader)
  badRowRoutes(app, context, reader)
  codeRoutes(app, context)
  appRoutes(app, context)
  scheduleRoutes(app, context)
  appControlRoutes(app, context)
  return app
}

function createServer({ observer }: ApiContext): Api {
  return fastify({
    bodyLimit: MOST_JSON_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    },
    routerOptions: { maxParamLength: MOST_PARAM_CHARACTERS },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Fastify's defaults would drop unknown fields, turn text into numbers, and stop at the first error.
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true, useDefaults: false },
    },
    frameworkErrors: (error, request, reply) => {
      const problem = toProblem(error)
      if (problem.status >= 500) observer.failed('none', error)
      sendProblem(reply, problem)
      void request
    },
    clientErrorHandler: answerSocket,
  }).withTypeProvider<TypeBoxTypeProvider>()
}

/** Everybody may read the description; which apps there are, only those who are asked for no key. */
const exampleAppOf = ({ keys, apps }: ApiContext): AppId | null =>
  keys === null ? (apps.all()[0]?.appid ?? null) : null

function readBodies(app: Api): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => readJson(body),
  )
  app.addHook('onRequest', async ({ headers }) => {
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      throw new Problem(415, 'content_encoding', 'Bodies are read as they are, without Content-Encoding.')
    }
  })
}
