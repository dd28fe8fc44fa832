/** Campaigns: looking at them, and steering them. */
import {
  type CampaignId,
  type CampaignRecord,
  fieldDefect,
  isCampaignId,
  isHalt,
  MAX_PRIORITY,
  MIN_PRIORITY,
} from '@sunpress/core'
import { Type } from 'typebox'
import type { CampaignReader } from '../campaigns/campaign-reader.js'
import {
  controlCampaign,
  prioritizeCampaign,
  type RetryWish,
  retryCampaign,
} from '../campaigns/control-campaign.js'
import type { ApiContext } from '../context.js'
import { badCursor, badRequest } from '../problem.js'
import type { Campaign } from '../schemas/campaign.js'
import { COMMON_PROBLEMS, DEFAULT_LIMIT, jsonContent, LIMIT, problemContent } from '../schemas/common.js'
import { type Api, CampaignParams, campaignOf, wholeNumber } from './route.js'

const ListQuery = Type.Object(
  { cursor: Type.Optional(Type.String()), limit: LIMIT },
  { additionalProperties: false },
)

export function campaignRoutes(app: Api, context: ApiContext, reader: CampaignReader): void {
  const listSchema = {
    operationId: 'listCampaigns',
    tags: ['campaigns'],
    summary: 'Campaigns, newest first',
    querystring: ListQuery,
    response: { 200: jsonContent('A page', 'CampaignList'), ...COMMON_PROBLEMS },
  }
  app.get(
    '/v1/campaigns',
    { schema: listSchema, preValidation: wholeNumber('limit') },
    async ({ query: { cursor, limit = DEFAULT_LIMIT } }) => {
      const found = await readNewest(context, reader, parseListCursor(cursor), limit + 1)
      const items = await answerAll(found.slice(0, limit))
      return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
  )

  const getSchema = {
    operationId: 'getCampaign',
    tags: ['campaigns'],
    summary: 'How a campaign stands',
    params: CampaignParams,
    response: { 200: jsonContent('The campaign', 'Campaign'), ...COMMON_PROBLEMS },
  }
  app.get('/v1/campaigns/:id', { schema: getSchema }, async ({ params: { id } }) => {
    const planned = isCampaignId(id) && (await reader.record(id)) === null ? await reader.planned(id) : null
    return planned ?? (await reader.answer(await campaignOf(reader, id)))
  })

  for (const command of ['pause', 'resume', 'cancel'] as const) {
    const schema = {
      operationId: `${command}Campaign`,
      tags: ['campaigns'],
      summary: `${command[0]?.toUpperCase()}${command.slice(1)} a campaign`,
      params: CampaignParams,
      response: {
        200: jsonContent('The campaign after it', 'Campaign'),
        ...COMMON_PROBLEMS,
        409: problemContent('The campaign has ended'),
        415: problemContent('No body is wanted'),
      },
    }
    app.post(`/v1/campaigns/:id/${command}`, { schema }, async ({ params }) => {
      const record = await campaignOf(reader, params.id)
      return reader.answer(record, await controlCampaign({ ...context, reader }, record, command))
    })
  }
  retryRoute(app, context, reader)
  priorityRoute(app, context, reader)
}

const COMMAND_RESPONSES = {
  200: jsonContent('The campaign after it', 'Campaign'),
  ...COMMON_PROBLEMS,
  409: problemContent('The campaign has ended'),
  415: problemContent('No body is wanted'),
}

const RetryQuery = Type.Object(
  {
    errcode: Type.Optional(Type.String({ description: "WeChat's errcodes, parted by commas" })),
    reason: Type.Optional(Type.String({ description: 'Reasons of the failures list, parted by commas' })),
  },
  { additionalProperties: false },
)

function retryRoute(app: Api, context: ApiContext, reader: CampaignReader): void {
  const schema = {
    operationId: 'retryFailed',
    tags: ['campaigns'],
    summary: 'Print refused rows again: all of them, or those of an errcode or reason',
    description: 'A completed campaign is open again from here on, and ends anew.',
    params: CampaignParams,
    querystring: RetryQuery,
    response: {
      ...COMMAND_RESPONSES,
      409: problemContent('No row is refused, or the campaign was cancelled or purged'),
    },
  }
  app.post('/v1/campaigns/:id/retry-failed', { schema }, async ({ params, query }) => {
    const record = await campaignOf(reader, params.id)
    return reader.answer(record, await retryCampaign({ ...context, reader }, record, parseRetry(query)))
  })
}

function parseRetry({ errcode, reason }: { errcode?: string; reason?: string }): RetryWish {
  const errcodes = errcode?.split(',') ?? []
  const bad = errcodes.find((text) => !/^-?\d{1,9}$/.test(text))
  if (bad !== undefined) {
    const defect = fieldDefect('errcode', 'format', 'whole numbers, parted by commas', bad)
    throw badRequest('bad_errcode', 'No such errcode.', [{ parameter: 'errcode', ...defect }])
  }
  const reasons = reason?.split(',') ?? []
  const none = reasons.find((text) => !REASON.test(text))
  if (none !== undefined) {
    const defect = fieldDefect(
      'reason',
      'format',
      'reasons of the failures list, parted by commas alone',
      none,
    )
    throw badRequest('bad_parameter', 'No such reason.', [{ parameter: 'reason', ...defect }])
  }
  return {
    ...(errcodes.length === 0 ? {} : { errcodes: errcodes.map(Number) }),
    ...(reasons.length === 0 ? {} : { reasons }),
  }
}

/** As the codes of faults are spelt, `upstream_-1` too. Which ones there are no list tells: any fault may be a scene's last. */
const REASON = /^[a-z][a-z0-9_-]{0,79}$/

const PriorityQuery = Type.Object(
  { priority: Type.Integer({ minimum: MIN_PRIORITY, maximum: MAX_PRIORITY, description: '9 goes first' }) },
  { additionalProperties: false },
)

function priorityRoute(app: Api, context: ApiContext, reader: CampaignReader): void {
  const schema = {
    operationId: 'prioritizeCampaign',
    tags: ['campaigns'],
    summary: 'Let a campaign go by another priority, its waiting scenes as well',
    params: CampaignParams,
    querystring: PriorityQuery,
    response: COMMAND_RESPONSES,
  }
  const path = '/v1/campaigns/:id/priority'
  app.post(path, { schema, preValidation: wholeNumber('priority') }, async ({ params, query }) => {
    const record = await campaignOf(reader, params.id)
    const standing = await prioritizeCampaign({ ...context, reader }, record, query.priority)
    return reader.answer(record, standing)
  })
}

/** Without its campaign.json there is nothing to say of a campaign: the others are listed. */
async function readUnlessDamaged(
  { observer }: ApiContext,
  reader: CampaignReader,
  id: CampaignId,
): Promise<CampaignRecord | null | 'damaged'> {
  try {
    return await reader.record(id)
  } catch (fault) {
    if (!isHalt(fault)) throw fault
    observer.leftOut(`campaign ${id}`, fault)
    return 'damaged'
  }
}

async function readNewest(
  context: ApiContext,
  reader: CampaignReader,
  before: CampaignId | undefined,
  limit: number,
): Promise<(() => Promise<Campaign>)[]> {
  const found: (() => Promise<Campaign>)[] = []
  for await (const id of context.campaigns.listNewest(context.clock.now(), before)) {
    const record = await readUnlessDamaged(context, reader, id)
    if (record === 'damaged') continue
    // A folder without campaign.json is of an upload under way, or of one that was cut off.
    const planned = record === null ? await reader.planned(id) : null
    if (record !== null) found.push(() => reader.answer(record))
    else if (planned !== null) found.push(async () => planned)
    if (found.length === limit) break
  }
  return found
}

const ANSWERS_AT_ONCE = 32

async function answerAll(questions: readonly (() => Promise<Campaign>)[]): Promise<Campaign[]> {
  const answers: Campaign[] = []
  for (let at = 0; at < questions.length; at += ANSWERS_AT_ONCE) {
    const some = questions.slice(at, at + ANSWERS_AT_ONCE)
    answers.push(...(await Promise.all(some.map((ask) => ask()))))
  }
  return answers
}

function parseListCursor(cursor: string | undefined): CampaignId | undefined {
  if (cursor === undefined || isCampaignId(cursor)) return cursor
  throw badCursor(cursor)
}
