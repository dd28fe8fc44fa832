/** GET /v1/campaigns/{id}/bad-rows: what badRows=skip left out, and why. */
import { Type } from 'typebox'
import type { CampaignReader } from '../campaigns/campaign-reader.js'
import type { ApiContext } from '../context.js'
import { parseBadRowCursor, readBadRowPage } from '../rows/bad-row-page.js'
import { COMMON_PROBLEMS, DEFAULT_LIMIT, jsonContent, LIMIT } from '../schemas/common.js'
import { type Api, CampaignParams, campaignOf, wholeNumber } from './route.js'

const BadRowsQuery = Type.Object(
  { cursor: Type.Optional(Type.String()), limit: LIMIT },
  { additionalProperties: false },
)

export function badRowRoutes(app: Api, { campaigns }: ApiContext, reader: CampaignReader): void {
  const schema = {
    operationId: 'getBadRows',
    tags: ['campaigns'],
    summary: 'Rows that badRows=skip left out, in the order of the source',
    description:
      'As many as counts.skipped says. Each names its line, or its JSON pointer, in what was sent.',
    params: CampaignParams,
    querystring: BadRowsQuery,
    response: { 200: jsonContent('A page', 'BadRows'), ...COMMON_PROBLEMS },
  }
  app.get(
    '/v1/campaigns/:id/bad-rows',
    { schema, preValidation: wholeNumber('limit') },
    async ({ params, query: { cursor, limit = DEFAULT_LIMIT } }) => {
      const from = parseBadRowCursor(cursor)
      const { id } = await campaignOf(reader, params.id)
      return await readBadRowPage(campaigns, id, from, limit)
    },
  )
}
