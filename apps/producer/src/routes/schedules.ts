/** Schedules: what is made each night, and what became of the nights. */
import {
  type FieldDefect,
  fieldDefect,
  isFault,
  isHalt,
  isScheduleName,
  localDateAt,
  newCampaignId,
  type Parsed,
  parseSchedule,
  type RunRecord,
  runKeyOf,
  type ScheduleDefinition,
  type ScheduleRecord,
  scheduleAfter,
} from '@sunpress/core'
import { newestRuns } from '@sunpress/ledger'
import { parseRange } from '@sunpress/sources'
import { newRun } from '@sunpress/upkeep'
import { Type } from 'typebox'
import type { ApiContext } from '../context.js'
import { badRequest, invalid, noSuch } from '../problem.js'
import { presentRun, presentSchedule } from '../schedules/present-schedule.js'
import { rangeDefects } from '../schedules/range-defects.js'
import { headerDefects } from '../schedules/source-headers.js'
import { COMMON_PROBLEMS, DEFAULT_LIMIT, jsonContent, LIMIT, problemContent } from '../schemas/common.js'
import type { Schedule } from '../schemas/schedule.js'
import { asPointer } from './pointer.js'
import { type Api, wholeNumber } from './route.js'

const Params = Type.Object({ name: Type.String({ description: '1 to 40 of a-z, 0-9 and -' }) })
const PageQuery = Type.Object(
  { cursor: Type.Optional(Type.String()), limit: LIMIT },
  { additionalProperties: false },
)
const describe = <R extends object>(operationId: string, summary: string, response: R) => ({
  ...{ operationId, tags: ['schedules'], summary },
  response: { ...response, ...COMMON_PROBLEMS },
})

export function scheduleRoutes(app: Api, context: ApiContext): void {
  putRoute(app, context)
  readRoutes(app, context)
  steerRoutes(app, context)
  runRoutes(app, context)
}

function putRoute(app: Api, context: ApiContext): void {
  const { schedules, clock } = context
  const schema = {
    ...describe('putSchedule', 'Make a schedule, or replace it', {
      200: jsonContent('Replaced; nights from before stay as they are', 'Schedule'),
      201: jsonContent('Made', 'Schedule'),
      413: problemContent('Too large'),
      415: problemContent('Not JSON'),
      422: problemContent('Fields are not as expected'),
    }),
    params: Params,
    body: { content: { 'application/json': { schema: { $ref: 'ScheduleRequest#' } } } },
  }
  // Its own parser judges the body, with all its defects at once.
  const options = { schema, validatorCompiler: () => () => true }
  app.put('/v1/schedules/:name', options, async (request, reply) => {
    const { name } = request.params as { name: string }
    const definition = orInvalid(parseDefinition(context, name, request.body))
    const before = await readWhole(context, name)
    const record = scheduleAfter(before, name, definition, new Date(clock.now()).toISOString())
    await schedules.write(record)
    context.wakeScheduler()
    return reply.code(before === null ? 201 : 200).send(await answer(context, record))
  })
}

function parseDefinition(
  { apps, secrets }: ApiContext,
  name: string,
  body: unknown,
): Parsed<ScheduleDefinition> {
  if (!isScheduleName(name)) {
    const defect = fieldDefect('name', 'format', '1 to 40 of a-z, 0-9 and -', name)
    const error = { parameter: 'name', ...defect }
    throw badRequest('bad_parameter', 'The name in the path is not as expected.', [error])
  }
  const known = new Set<unknown>(apps.all().map(({ appid }) => appid))
  const parsed = parseSchedule(body, { hasApp: (appid) => known.has(appid), parseRange })
  if (!parsed.ok) return parsed
  const { source } = parsed.value
  const defects =
    source.kind === 'url'
      ? headerDefects(secrets, source.headers, 'source.headers')
      : rangeDefects(parsed.value)
  return defects.length > 0 ? { ok: false, defects } : parsed
}

function readRoutes(app: Api, context: ApiContext): void {
  const { schedules } = context
  const listSchema = {
    ...describe('listSchedules', 'Schedules, by name', { 200: jsonContent('A page', 'ScheduleList') }),
    querystring: PageQuery,
  }
  const options = { schema: listSchema, preValidation: wholeNumber('limit') }
  app.get('/v1/schedules', options, async ({ query: { cursor = '', limit = DEFAULT_LIMIT } }) => {
    const items: Schedule[] = []
    for await (const name of schedules.listNames()) {
      if (name <= cursor) continue
      if (items.length === limit) return { items, nextCursor: items.at(-1)?.name ?? null }
      const item = await itemOf(context, name)
      if (item !== null) items.push(item)
    }
    return { items, nextCursor: null }
  })

  const getSchema = {
    ...describe('getSchedule', 'A schedule', { 200: jsonContent('The schedule', 'Schedule') }),
    params: Params,
  }
  app.get('/v1/schedules/:name', { schema: getSchema }, async ({ params }) =>
    answer(context, await scheduleOf(context, params.name)),
  )

  const deleteSchema = {
    ...describe('deleteSchedule', 'Remove a schedule; its history and its campaigns stay', {
      204: { type: 'null', description: 'Removed' },
    }),
    params: Params,
  }
  app.delete('/v1/schedules/:name', { schema: deleteSchema }, async ({ params }, reply) => {
    const { name } = params
    // One whose file is damaged can be removed too.
    if (!(await isThere(context, name))) throw noSuch('schedule', name)
    await schedules.remove(name)
    context.wakeScheduler()
    return reply.code(204).send()
  })
}

function steerRoutes(app: Api, context: ApiContext): void {
  const { schedules, clock } = context
  for (const command of ['pause', 'resume'] as const) {
    const summary = command === 'pause' ? 'No further nights' : 'Nights again; those of the pause are let be'
    const schema = {
      ...describe(`${command}Schedule`, summary, {
        200: jsonContent('The schedule after it', 'Schedule'),
        415: problemContent('No body is wanted'),
      }),
      params: Params,
    }
    app.post(`/v1/schedules/:name/${command}`, { schema }, async ({ params }) => {
      const before = await scheduleOf(context, params.name)
      const paused = command === 'pause'
      if (before.paused === paused) return answer(context, before)
      const after = scheduleAfter(
        before,
        before.name,
        { ...before, paused },
        new Date(clock.now()).toISOString(),
      )
      await schedules.write(after)
      context.wakeScheduler()
      return answer(context, after)
    })
  }
}

function runRoutes(app: Api, context: ApiContext): void {
  const { schedules, clock } = context
  const runSchema = {
    ...describe('runSchedule', 'Run it now, beside its nights', {
      202: {
        ...jsonContent('The run, which goes on by itself', 'ScheduleRun'),
        headers: { location: { type: 'string', description: 'Of its campaign, once there is one' } },
      },
      415: problemContent('No body is wanted'),
    }),
    params: Params,
  }
  app.post('/v1/schedules/:name/run', { schema: runSchema }, async ({ params }, reply) => {
    const schedule = await scheduleOf(context, params.name)
    const nowMs = clock.now()
    const night = { date: localDateAt(nowMs, schedule.timeZone), atMs: nowMs }
    const run = await schedules.claimRun(newRun(schedule, night, nowMs, 'running', newCampaignId(nowMs)))
    context.wakeScheduler(schedule.name)
    return reply.code(202).header('location', `/v1/campaigns/${run.campaign}`).send(presentRun(run))
  })

  const runsSchema = {
    ...describe('listScheduleRuns', 'Its nights, newest first; they stay when it is removed', {
      200: jsonContent('A page', 'ScheduleRunList'),
    }),
    params: Params,
    querystring: PageQuery,
  }
  const options = { schema: runsSchema, preValidation: wholeNumber('limit') }
  app.get('/v1/schedules/:name/runs', options, async ({ params: { name }, query }) => {
    const { cursor, limit = DEFAULT_LIMIT } = query
    const runs: RunRecord[] = []
    let isBehind = cursor === undefined
    for await (const run of isScheduleName(name) ? newestRuns(schedules, name, cursor) : []) {
      if (isBehind && runs.push(run) > limit) break
      isBehind ||= runKeyOf(run) === cursor
    }
    if (runs.length === 0) await scheduleOf(context, name)
    const page = runs.slice(0, limit)
    const last = runs.length > limit ? page.at(-1) : undefined
    return { items: page.map(presentRun), nextCursor: last === undefined ? null : runKeyOf(last) }
  })
}

const isDamaged = (fault: unknown): boolean => isFault(fault) && fault.code === 'ledger_damaged'

/** null too when its file is damaged: PUT replaces that. */
const readWhole = ({ schedules }: ApiContext, name: string): Promise<ScheduleRecord | null> =>
  schedules.read(name).catch((fault: unknown) => {
    if (!isDamaged(fault)) throw fault
    return null
  })

async function isThere({ schedules }: ApiContext, name: string): Promise<boolean> {
  if (!isScheduleName(name)) return false
  try {
    return (await schedules.read(name)) !== null
  } catch (fault) {
    if (!isDamaged(fault)) throw fault
    return true
  }
}

/** null when there is none, or none that can be read: the others are answered all the same. */
async function itemOf(context: ApiContext, name: string): Promise<Schedule | null> {
  try {
    const record = await context.schedules.read(name)
    return record === null ? null : await answer(context, record)
  } catch (fault) {
    if (isFault(fault) && !isHalt(fault)) throw fault
    context.observer.leftOut(`schedule ${name}`, fault)
    return null
  }
}

/** Throws Problem 404. */
async function scheduleOf({ schedules }: ApiContext, name: string): Promise<ScheduleRecord> {
  const record = isScheduleName(name) ? await schedules.read(name) : null
  if (record === null) throw noSuch('schedule', name)
  return record
}

async function answer({ schedules, clock }: ApiContext, record: ScheduleRecord): Promise<Schedule> {
  const newest = await newestRuns(schedules, record.name).next()
  return presentSchedule(record, newest.done === true ? null : newest.value, clock.now())
}

function orInvalid<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value
  throw invalid(
    'The schedule is not as expected.',
    parsed.defects.map((defect: FieldDefect) => asPointer(defect)),
  )
}
