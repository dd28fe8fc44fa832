/** POST /v1/campaigns: JSON with scenes or a range, or a body that streams. */
import type { Readable } from 'node:stream'
import {
  type AppId,
  type CampaignRecord,
  type CampaignSource,
  type FieldDefect,
  fieldDefect,
  type Parsed,
} from '@sunpress/core'
import { csvRows, ndjsonRows, planRange, rangeRows, sceneRows } from '@sunpress/sources'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerPlan } from '../campaigns/answer-plan.js'
import type { CampaignReader } from '../campaigns/campaign-reader.js'
import {
  type CampaignDraft,
  parseCampaignQuery,
  parseCampaignRequest,
  type RequestedRows,
} from '../campaigns/campaign-request.js'
import { createCampaign } from '../campaigns/create-campaign.js'
import {
  checkSameBody,
  createIdempotency,
  digestOf,
  type Idempotency,
  parseIdempotencyKey,
} from '../campaigns/idempotency.js'
import { drain, type StreamedBody, streamedBody } from '../campaigns/streamed-body.js'
import type { RowBatches } from '../campaigns/write-scenes.js'
import type { ApiContext } from '../context.js'
import { badRequest, invalid, Problem, type ProblemError } from '../problem.js'
import { CampaignQuery, type Plan } from '../schemas/campaign.js'
import { COMMON_PROBLEMS, jsonContent, problemContent } from '../schemas/common.js'
import { asPointer } from './pointer.js'
import type { Api } from './route.js'

const STREAMS: Readonly<Record<string, 'csv' | 'ndjson'>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
}

const schema = {
  operationId: 'createCampaign',
  tags: ['campaigns'],
  summary: 'Make a campaign',
  description: 'JSON with scenes or a range; or a stream of rows, with everything else as query parameters.',
  querystring: CampaignQuery,
  headers: {
    type: 'object',
    properties: {
      'idempotency-key': {
        type: 'string',
        maxLength: 255,
        description: 'The same request under the same key makes one campaign, however often it is sent',
      },
    },
  },
  body: {
    content: {
      'application/json': { schema: { $ref: 'CampaignRequest#' } },
      'text/csv': {
        schema: {
          type: 'string',
          description: 'Header row; columns scene, page, ref, caption',
          examples: ['scene,ref\ns=1,SHOP-1\ns=2,SHOP-2\n'],
        },
      },
      'application/x-ndjson': {
        schema: {
          type: 'string',
          description: 'Each line as an item of scenes',
          examples: ['"s=1"\n{"scene":"s=2","ref":"SHOP-2"}\n'],
        },
      },
    },
  },
  response: {
    200: jsonContent('dryRun=true: what it would come to; nothing was made', 'Plan'),
    202: {
      ...jsonContent('The campaign, which goes on by itself', 'Campaign'),
      headers: { location: { type: 'string', description: 'Where it can be looked at' } },
    },
    ...COMMON_PROBLEMS,
    409: problemContent('A request under this Idempotency-Key is still being worked on'),
    413: problemContent('Too large for JSON: send it as a stream'),
    415: problemContent('Neither JSON nor a stream of rows'),
    422: problemContent(
      'Fields or rows are not as expected, or the Idempotency-Key was used for another request',
    ),
  },
}

export function createCampaignRoute(app: Api, context: ApiContext, reader: CampaignReader): void {
  const idempotency = createIdempotency(context)
  const dryRuns = createPlaces(MOST_DRY_RUNS)
  for (const type of Object.keys(STREAMS))
    app.addContentTypeParser(type, (_request, payload, done) => done(null, payload))
  // Its own parser judges body and query together, with all their defects at once.
  app.post('/v1/campaigns', { schema, validatorCompiler: () => () => true }, async (request, reply) => {
    const { dryRun, ...query } = request.query as Record<string, unknown>
    const apps: ReadonlySet<AppId> = new Set(context.apps.all().map(({ appid }) => appid))
    const asked = { context, idempotency, apps, request, query }
    if (parseDryRun(dryRun)) return reply.code(200).send(await dryRuns.use(() => planOnly(asked)))
    return answer(reply, reader, await accept(asked))
  })
}

/** Each holds tens of MB, and this process has other work. */
const MOST_DRY_RUNS = 2

/** Turned away rather than kept waiting: a body that waits is memory too. Throws Problem 503. */
function createPlaces(most: number) {
  let taken = 0
  return {
    async use<T>(work: () => Promise<T>): Promise<T> {
      if (taken >= most) throw tooManyPlans()
      taken++
      try {
        return await work()
      } finally {
        taken--
      }
    },
  }
}

const tooManyPlans = (): Problem =>
  new Problem(503, 'busy', `${MOST_DRY_RUNS} dry runs are under way. The same request may be sent again.`, {
    headers: { 'retry-after': '10' },
  })

interface Asked {
  readonly context: ApiContext
  readonly idempotency: Idempotency
  readonly apps: ReadonlySet<AppId>
  readonly request: FastifyRequest
  readonly query: Readonly<Record<string, unknown>>
}

const accept = (asked: Asked): Promise<CampaignRecord> => {
  const kind = STREAMS[mediaTypeOf(asked.request)]
  return kind === undefined ? acceptJson(asked) : acceptStream(asked, kind)
}

async function acceptJson({ context, idempotency, apps, request, query }: Asked): Promise<CampaignRecord> {
  refuseParameters(query)
  const { draft, rows } = orInvalid(parseCampaignRequest(request.body, apps), asPointer)
  return await idempotency.once(
    asking(request, query, digestOf(request.body)),
    ({ id, made, mayDiscard }) => {
      if (made !== null) return Promise.resolve(made)
      const source = (): CampaignSource => ({ kind: rows.kind })
      return createCampaign(context, { id, draft, batches: batchesOf(rows, draft), source, mayDiscard })
    },
  )
}

async function acceptStream(
  { context, idempotency, apps, request, query }: Asked,
  kind: 'csv' | 'ndjson',
): Promise<CampaignRecord> {
  refuseCharset(request)
  const draft = orInvalid(parseCampaignQuery(query, apps), asParameter)
  const length = request.headers['content-length']
  const body = streamedBody(request.body as Readable, length === undefined ? null : Number(length))
  return await idempotency.once(asking(request, query, kind), async ({ id, made, mayDiscard }) => {
    if (made !== null) {
      await drain(body)
      checkSameBody(made, body.sha256())
      return made
    }
    return await createCampaign(context, { id, draft, ...rowsOf(body, kind), mayDiscard })
  })
}

/** Reads what would make a campaign, and makes none: an Idempotency-Key is not used up. */
async function planOnly({ context, apps, request, query }: Asked): Promise<Plan> {
  const kind = STREAMS[mediaTypeOf(request)]
  if (kind === undefined) {
    refuseParameters(query)
    const { draft, rows } = orInvalid(parseCampaignRequest(request.body, apps), asPointer)
    return await answerPlan(context, draft, batchesOf(rows, draft))
  }
  refuseCharset(request)
  const draft = orInvalid(parseCampaignQuery(query, apps), asParameter)
  const length = request.headers['content-length']
  const body = streamedBody(request.body as Readable, length === undefined ? null : Number(length))
  return await answerPlan(context, draft, rowsOf(body, kind).batches)
}

function rowsOf(body: StreamedBody, kind: 'csv' | 'ndjson') {
  let ignoredColumns: readonly string[] = []
  const batches =
    kind === 'ndjson'
      ? ndjsonRows(body.bytes)
      : csvRows(body.bytes, (header) => {
          ignoredColumns = header.ignoredColumns
        })
  const source = (): CampaignSource => ({
    kind,
    sha256: body.sha256(),
    ...(ignoredColumns.length === 0 ? {} : { ignoredColumns }),
  })
  return { batches, source }
}

/** Throws Problem 422 for a range whose rows can't be printed: one row speaks for all. */
function batchesOf(rows: RequestedRows, draft: CampaignDraft): RowBatches {
  if (rows.kind === 'scenes') return sceneRows(rows.scenes)
  const errors = planRange(rows.range, draft.look)
  if (errors.length > 0) throw invalid('The rows of this range cannot be printed.', errors)
  return rangeRows(rows.range)
}

/** null without an Idempotency-Key. `content`: what is known of the body before it streams in. */
function asking(request: FastifyRequest, query: object, content: string) {
  const key = parseIdempotencyKey(request.headers['idempotency-key'])
  if (key === null) return null
  const parameters = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1))
  return { askedBy: request.askedBy, key, fingerprint: digestOf('POST /v1/campaigns', parameters, content) }
}

function answer(reply: FastifyReply, reader: CampaignReader, record: CampaignRecord): FastifyReply {
  return reply.code(202).header('location', `/v1/campaigns/${record.id}`).send(reader.accepted(record))
}

const mediaTypeOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

function refuseCharset(request: FastifyRequest): void {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return
  throw new Problem(415, 'media_type', 'Rows are read as UTF-8 alone.')
}

function parseDryRun(dryRun: unknown): boolean {
  if (dryRun === undefined || dryRun === 'false') return false
  if (dryRun === 'true') return true
  const error = asParameter(fieldDefect('dryRun', 'value', 'true or false', dryRun))
  throw badRequest('bad_parameter', 'A query parameter is not as expected.', [error])
}

/** They would be silently overlooked: JSON has its fields in the body. */
function refuseParameters(query: object): void {
  const errors = Object.entries(query)
    .filter(([, value]) => value !== '')
    .map(([field, value]) => asParameter(fieldDefect(field, 'unknown', 'it in the JSON body', value)))
  if (errors.length > 0) throw badRequest('bad_parameter', 'A query parameter is not as expected.', errors)
}

function orInvalid<T>(parsed: Parsed<T>, place: (defect: FieldDefect) => ProblemError): T {
  if (parsed.ok) return parsed.value
  throw invalid('The request is not as expected.', parsed.defects.map(place))
}

const asParameter = (defect: FieldDefect): ProblemError => ({ parameter: defect.field, ...defect })
