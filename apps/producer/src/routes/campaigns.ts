/** Campaigns: looking at them, and steering them. */
import { type CampaignId, isCampaignId } from '@sunpress/core'
import { Type } from 'typebox'
import type { CampaignReader } from '../campaigns/campaign-reader.js'
import { controlCampaign } from '../campaigns/control-campaign.js'
import type { ApiContext } from '../context.js'
import { badRequest } from '../problem.js'
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
}

async function readNewest(
  { campaigns, clock }: ApiContext,
  reader: CampaignReader,
  before: CampaignId | undefined,
  limit: number,
): Promise<(() => Promise<Campaign>)[]> {
  const found: (() => Promise<Campaign>)[] = []
  for await (const id of campaigns.listNewest(clock.now(), before)) {
    const record = await reader.record(id)
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
  const message = 'cursor: expected a nextCursor of this list'
  const error = { parameter: 'cursor', field: 'cursor', rule: 'format', value: cursor.slice(0, 80), message }
  throw badRequest('bad_cursor', 'The cursor is not one of this list.', [error])
}
