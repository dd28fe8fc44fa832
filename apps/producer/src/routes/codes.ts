/** GET /v1/codes, one of them, and its image: what the store has closed, and nothing else. */
import { type AppId, ENV_VERSIONS, isCodeId } from '@sunpress/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { etagOf, judgeRange, matchesAny } from '../codes/conditional.js'
import { createCodeFinder } from '../codes/find-codes.js'
import { type CodePicture, describeCode, readCode } from '../codes/read-code.js'
import type { ApiContext } from '../context.js'
import { noSuch, Problem } from '../problem.js'
import { oneOf } from '../schemas/campaign.js'
import { COMMON_PROBLEMS, DEFAULT_LIMIT, jsonContent, LIMIT, problemContent } from '../schemas/common.js'
import { type Api, urlsFor, wholeNumber } from './route.js'

const CodeParams = Type.Object({ codeId: Type.String() })
/** A code's picture never changes. */
const FOR_GOOD = 'public, max-age=31536000, immutable'

const CodeQuery = Type.Object(
  {
    app: Type.String(),
    scene: Type.String({ description: 'Of getwxacode and createwxaqrcode: the path' }),
    page: Type.Optional(Type.String({ description: 'By default of any page' })),
    envVersion: Type.Optional(
      oneOf(ENV_VERSIONS, { description: 'By default of all, those of the release first' }),
    ),
    limit: LIMIT,
  },
  { additionalProperties: false },
)

export function codeRoutes(app: Api, { apps, codes, looksOf, replacementsOf, publicUrl }: ApiContext): void {
  const findCodes = createCodeFinder(codes, looksOf)
  const find = async (codeId: string): Promise<CodePicture> => {
    const picture = isCodeId(codeId) ? await readCode(codes, codeId) : null
    if (picture === null) throw noSuch('picture', codeId)
    return picture
  }

  const findSchema = {
    operationId: 'findCodes',
    tags: ['codes'],
    summary: 'The codes of a scene, the newest look first',
    description:
      'Those of the release, then of trial and develop; among them the greater epoch first, then the look that came into use later. A picture that was healed stays where its look is.',
    querystring: CodeQuery,
    response: {
      200: jsonContent('The newest look first; there is no further page', 'FoundCodes'),
      ...COMMON_PROBLEMS,
    },
  }
  const options = { schema: findSchema, preValidation: wholeNumber('limit') }
  app.get('/v1/codes', options, async (request) => {
    const { query } = request
    const known = apps.find(query.app as AppId)
    if (known === undefined) throw noSuch('app', query.app)
    const urlOf = urlsFor(publicUrl, request)
    const { limit = DEFAULT_LIMIT } = query
    const found = (await findCodes({ ...query, app: known.appid })).slice(0, limit)
    const items = found.map(({ closedAtMs, ...code }) => ({
      ...{ app: known.appid, scene: query.scene, ...code, url: urlOf(code) },
      closedAt: new Date(closedAtMs).toISOString(),
    }))
    return { items, nextCursor: null }
  })

  const describeSchema = {
    operationId: 'getCode',
    tags: ['codes'],
    summary: 'One code',
    params: CodeParams,
    response: { 200: jsonContent('The code', 'Code'), ...COMMON_PROBLEMS },
  }
  app.get('/v1/codes/:codeId', { schema: describeSchema }, async (request) => {
    const picture = await find(request.params.codeId)
    const replaced = await replacementsOf(picture.codeId)
    return { ...describeCode(picture, urlsFor(publicUrl, request)(picture)), replaced }
  })

  const image = { schema: { type: 'string', contentEncoding: 'binary' } }
  const content = { 'image/jpeg': image, 'image/png': image }
  const imageSchema = {
    operationId: 'getCodeImage',
    tags: ['codes'],
    summary: 'The picture of a code',
    params: CodeParams,
    response: {
      200: { description: 'The picture', content },
      206: { description: 'A part of it', content },
      304: { description: 'It is the one that you have', type: 'null' },
      ...COMMON_PROBLEMS,
      416: problemContent('No byte of the picture is in this range'),
    },
  }
  app.get('/v1/codes/:codeId/image', { schema: imageSchema }, async (request, reply) =>
    sendPicture(request, reply, await find(request.params.codeId)),
  )
}

function sendPicture(request: FastifyRequest, reply: FastifyReply, picture: CodePicture): FastifyReply {
  const { bytes, contentType, sha256, closedAtMs } = picture
  const etag = etagOf(sha256)
  const { headers, method } = request
  const isKnown = matchesAny(headers['if-none-match'], etag)
  const wish = { range: method === 'GET' ? headers.range : undefined, ifRange: ifRangeOf(headers) }
  const range = judgeRange(wish, etag, bytes.length)
  if (!isKnown && range.kind === 'unsatisfiable') throw outOfRange(bytes.length)
  reply.headers({
    etag,
    'cache-control': FOR_GOOD,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
  })
  reply.header('last-modified', new Date(closedAtMs).toUTCString())
  if (isKnown) return reply.code(304).send()
  reply.type(contentType)
  if (range.kind !== 'part') return reply.send(bytes)
  return reply
    .code(206)
    .header('content-range', `bytes ${range.from}-${range.to}/${bytes.length}`)
    .send(bytes.subarray(range.from, range.to + 1))
}

const outOfRange = (length: number): Problem =>
  new Problem(416, 'range', `The picture has ${length} bytes.`, {
    headers: { 'content-range': `bytes */${length}` },
  })

const ifRangeOf = (headers: FastifyRequest['headers']): string | undefined => {
  const value = headers['if-range']
  return Array.isArray(value) ? value[0] : value
}
