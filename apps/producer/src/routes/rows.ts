/** GET /v1/campaigns/{id}/manifest and /failures: pages, or one stream. */
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { CampaignReader } from '../campaigns/campaign-reader.js'
import type { ApiContext } from '../context.js'
import { routeOf } from '../errors.js'
import { Problem } from '../problem.js'
import { parseCursor } from '../rows/cursor.js'
import { type ExportFormat, exportRows } from '../rows/export-rows.js'
import type { RowKind } from '../rows/present-row.js'
import { readRowPage } from '../rows/row-page.js'
import { createRowReader } from '../rows/row-reader.js'
import { COMMON_PROBLEMS, DEFAULT_LIMIT, LIMIT, problemContent } from '../schemas/common.js'
import { chooseType } from './accept.js'
import { type Api, CampaignParams, campaignOf, urlsFor, wholeNumber } from './route.js'

const RowsQuery = Type.Object(
  {
    cursor: Type.Optional(
      Type.String({ description: '<generation>.<n>, as a page or a row of a stream gave it' }),
    ),
    limit: LIMIT,
  },
  { additionalProperties: false },
)

const FORMATS: readonly ExportFormat[] = ['application/x-ndjson', 'text/csv']

const KINDS: readonly { kind: RowKind; page: string; summary: string; operationId: string }[] = [
  { kind: 'manifest', page: 'Manifest', summary: 'Published rows', operationId: 'getManifest' },
  { kind: 'failures', page: 'Failures', summary: 'Refused rows', operationId: 'getFailures' },
]

export function rowRoutes(app: Api, context: ApiContext, reader: CampaignReader): void {
  const rows = createRowReader(context)
  for (const { kind, page, summary, operationId } of KINDS) {
    const text = { schema: { type: 'string' } }
    const schema = {
      operationId,
      tags: ['campaigns'],
      summary: `${summary}, in the order of publication`,
      description:
        'Accept decides: JSON pages; or all rows from the cursor on as NDJSON or CSV, in one stream, each with its own `cursor`: behind the last row that came, a stream that broke off is gone on with. One that cannot be finished is cut off, and never ends like a whole one.',
      params: CampaignParams,
      querystring: RowsQuery,
      response: {
        200: {
          description: 'A page, or all rows',
          content: {
            'application/json': { schema: { $ref: `${page}#` } },
            'application/x-ndjson': text,
            'text/csv': text,
          },
        },
        ...COMMON_PROBLEMS,
        406: problemContent('None of the types that can be had'),
        409: problemContent('The campaign was purged'),
      },
    }
    app.get(
      `/v1/campaigns/:id/${kind}`,
      { schema, preValidation: wholeNumber('limit') },
      async (request, reply) => {
        const { cursor, limit = DEFAULT_LIMIT } = request.query
        const from = parseCursor(cursor)
        const record = await campaignOf(reader, request.params.id)
        const urlOf = urlsFor(context.publicUrl, request)
        const type = chooseType(request.headers.accept, ['application/json', ...FORMATS])
        reply.header('vary', 'accept').header('cache-control', 'no-store')
        if (type === null)
          throw new Problem(406, 'not_acceptable', `Accept one of application/json, ${FORMATS.join(', ')}.`)
        if (type === 'application/json') return await readRowPage(rows, record, from, { kind, limit, urlOf })
        const format = type as ExportFormat
        const lines = exportRows(rows, record, from, { kind, format, urlOf })
        reply.type(format === 'text/csv' ? 'text/csv; charset=utf-8; header=present' : format)
        const stream = Readable.from(lines, { objectMode: false })
        // Once it has begun there is no other answer: its connection is cut, and the client sees that it isn't whole.
        stream.on('error', (fault) => {
          if (reply.raw.headersSent) context.observer.failed(routeOf(request), fault)
        })
        return reply.send(stream)
      },
    )
  }
}
