/** The admin API: what a test reads from the simulator and how it moves it. JSON in and out; a bad input is 400 with its field. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { ADMIN_ROUTES, type AdminReply } from './admin-routes.js'
import type { World } from './call.js'
import { InputDefect } from './defect.js'

const MAX_BODY_BYTES = 16 * 1024 * 1024

export function createAdmin(world: World): Server {
  const server = createServer((req, res) => {
    answer(req, world)
      .catch((fault: unknown) => refuse(fault))
      .then((reply) => write(res, reply))
  })
  // Nobody is to ask on a connection that is being ended for its idleness.
  server.keepAliveTimeout = 0
  return server
}

async function answer(req: IncomingMessage, world: World): Promise<AdminReply> {
  const url = new URL(req.url ?? '/', 'http://admin')
  const byMethod = ADMIN_ROUTES[url.pathname]
  if (byMethod === undefined) return { status: 404, body: { error: notFound(url.pathname) } }
  const route = byMethod[req.method ?? '']
  if (route === undefined) {
    const allowed = Object.keys(byMethod).join(', ')
    return { status: 405, body: { error: `${url.pathname} takes ${allowed}, got ${req.method}` } }
  }
  return route(world, { query: url.searchParams, text: await readBody(req) })
}

function notFound(path: string): string {
  return `no such path: ${path}; there are ${Object.keys(ADMIN_ROUTES).join(', ')}`
}

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new InputDefect('the body', `at most ${MAX_BODY_BYTES} bytes`, bytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refuse(fault: unknown): AdminReply {
  if (fault instanceof InputDefect) {
    const { message, field, expected, got } = fault
    return { status: 400, body: { error: message, field, expected, got } }
  }
  return { status: 500, body: { error: String(fault) } }
}

function write(res: ServerResponse, reply: AdminReply): void {
  res.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8' })
  if (reply.stream === undefined) res.end(JSON.stringify(reply.body))
  else Readable.from(reply.stream).pipe(res)
}
