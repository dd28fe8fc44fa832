/** Makes problem+json of everything that goes wrong, from a malformed request line to a bug. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type DescribedBody, wrongMediaType } from './media-type.js'
import { type KnownParameters, parameterDefect } from './parameter-defect.js'
import { badRequest, isOnlyBusy, notFound, Problem, type ProblemError, toProblem } from './problem.js'

export interface ErrorObserver {
  /** An answer of 500 or above: our fault, or that of what we depend on. */
  failed(route: string, thrown: unknown): void
}

export function installErrors(app: FastifyInstance, observer: ErrorObserver): void {
  const routes = watchRoutes(app)
  app.setErrorHandler((thrown: FastifyError, request, reply) => {
    const problem = problemOf(thrown, request)
    if (isFailure(problem)) observer.failed(routeOf(request), problem.cause ?? problem)
    if (problem.status === 413 || isOnlyBusy(problem)) lingerFor(request.raw, reply)
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = routes.methodsOf(path)
    if (allowed.length === 0) return sendProblem(reply, notFound('There is nothing under this path.'))
    const detail = `${request.method} is not for this path: ${allowed.join(', ')}.`
    return sendProblem(
      reply,
      new Problem(405, 'method_not_allowed', detail, { headers: { allow: allowed.join(', ') } }),
    )
  })
}

/** What we cannot do yet, or have no room for, is an answer, not a failure. */
const isFailure = (problem: Problem): boolean =>
  problem.status >= 500 && problem.status !== 501 && !isOnlyBusy(problem)

/** The pattern, without the star of a folder: no label of a metric has one. */
export const routeOf = (request: FastifyRequest): string =>
  request.routeOptions.url?.replace(/\/\*$/, '') ?? 'none'

/** What is read and thrown away of a body that was refused. */
const MOST_DISCARDED = 64 * 1_024 * 1_024
/** For a client that has stopped sending. */
const LINGER_MS = 2_000

/**
 * A client that is still writing would meet a closed connection, and never read why. So the rest of its body is let in, up to a
 * point.
 */
function lingerFor(body: IncomingMessage, reply: FastifyReply): void {
  if (body.readableEnded) return
  reply.removeHeader('connection')
  let left = MOST_DISCARDED
  let hasCome = false
  // Not the socket's own time-out: Node sets that anew with the answer.
  const idle = setTimeout(() => {
    hasCome = false
    // Where this process stood still, and not its client, there is something to be read by now.
    setImmediate(() => void (hasCome || body.destroy()))
  }, LINGER_MS)
  body.on('data', (chunk: Buffer) => {
    hasCome = true
    left -= chunk.length
    idle.refresh()
    if (left < 0) body.destroy()
  })
  body.once('close', () => clearTimeout(idle))
  body.once('end', () => clearTimeout(idle))
  body.resume()
}

/** As bytes: Fastify would put a charset behind the media type of a text. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)))
}

/** For what Node couldn't even parse: there is a socket and nothing else. */
export function answerSocket(error: { code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new Problem(431, 'headers_too_large', 'The headers are too large.')
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new Problem(408, 'timeout', 'The request did not come in time.')
        : badRequest('malformed_http', 'This is not HTTP/1.1.')
  const body = JSON.stringify(problem)
  const { status } = problem
  const head = [
    `HTTP/1.1 ${status} ${(problem.toJSON() as { title: string }).title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function problemOf(thrown: FastifyError, request: FastifyRequest): Problem {
  if (thrown.validation !== undefined) return invalidRequest(thrown, request)
  if (thrown.code !== 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return toProblem(thrown)
  return wrongMediaType(request.routeOptions.schema as DescribedBody, request.headers['content-type'])
}

/** Query parameters; a body is judged by its own parser. */
function invalidRequest({ validation = [] }: FastifyError, request: FastifyRequest): Problem {
  const known = (request.routeOptions.schema as { querystring?: KnownParameters } | undefined)?.querystring
  const given = request.query as Readonly<Record<string, unknown>>
  const errors = validation.map(({ instancePath, params }): ProblemError => {
    const { additionalProperty, missingProperty } = params
    const name = String(additionalProperty ?? missingProperty ?? instancePath.split('/')[1] ?? '')
    return { parameter: name, ...parameterDefect(name, given[name], known?.properties ?? {}) }
  })
  return badRequest('bad_parameter', 'A query parameter is not as expected.', errors)
}

/** Which methods a path knows, for 405. */
function watchRoutes(app: FastifyInstance) {
  const known: { pattern: RegExp; methods: string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const source = url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:[A-Za-z]+/g, '[^/]+')
      .replace(/\*/g, '.*')
    known.push({ pattern: new RegExp(`^${source}$`), methods: [method].flat() })
  })
  return {
    methodsOf: (path: string) => [
      ...new Set(known.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
    ],
  }
}
