/**
 * An S3 server to be scripted, over a real socket, for what no real one does when asked: losing replies, throttling, ignoring
 * create-only, OSS's and COS's headers. Checks no signature. `script` is used up one entry a request; then all are served.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Act =
  | 'serve'
  /** Breaks the connection without doing anything. */
  | 'drop'
  /** Does it, then breaks the connection. */
  | 'serve_then_drop'
  /** Does it and never answers. */
  | 'serve_then_hang'
  | { readonly status: number; readonly code: string }
  /** Answers with this document. */
  | { readonly xml: string }
  /** Does it, with this ETag. */
  | { readonly etag: string; readonly headers?: Readonly<Record<string, string>> }

interface Kept {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
}

export interface FakeS3 {
  readonly endpoint: string
  /** "PUT /bucket/key" in order. */
  readonly requests: readonly string[]
  /** Of each request, in the same order. */
  readonly headers: readonly IncomingMessage['headers'][]
  readonly objects: Map<string, Kept>
  /** How many were opened. */
  connections(): number
  script(...acts: Act[]): void
  close(): Promise<void>
}

/** `honours`: the header that makes a put create-only here; null for a server that overwrites whatever it is told. */
export async function startFakeS3(honours: string | null = 'if-none-match'): Promise<FakeS3> {
  const objects = new Map<string, Kept>()
  const acts: Act[] = []
  const requests: string[] = []
  const headers: IncomingMessage['headers'][] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    requests.push(`${request.method} ${request.url}`)
    headers.push(request.headers)
    const act = acts.shift() ?? 'serve'
    if (act === 'drop') return request.socket.destroy()
    if (typeof act === 'object' && 'status' in act) return refuse(response, act.status, act.code)
    if (typeof act === 'object' && 'xml' in act) return void response.end(act.xml)
    const answer = serve(objects, request, body, honours)
    if (act === 'serve_then_drop') return request.socket.destroy()
    if (act === 'serve_then_hang') return
    if (typeof act === 'object') answer.headers = { ...answer.headers, ...act.headers, etag: act.etag }
    if (answer.code !== undefined) return refuse(response, answer.status, answer.code)
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  let connections = 0
  server.on('connection', () => connections++)
  // A client that pauses finds its connection again.
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ...{ requests, headers, objects },
    connections: () => connections,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    script: (...next) => void acts.push(...next),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Answer {
  readonly status: number
  readonly code?: string
  headers?: Record<string, string>
  readonly body?: Buffer
}

function serve(
  objects: Map<string, Kept>,
  request: IncomingMessage,
  body: Buffer,
  honours: string | null,
): Answer {
  const key = request.url ?? ''
  const found = objects.get(key)
  if (request.method === 'PUT') {
    const isTaken = found !== undefined && honours !== null && request.headers[honours] !== undefined
    if (isTaken)
      return honours === 'if-none-match' ? taken(412, 'PreconditionFailed') : taken(409, 'FileAlreadyExists')
    const md5 = createHash('md5').update(body)
    if (request.headers['content-md5'] !== md5.copy().digest('base64')) return taken(400, 'BadDigest')
    const etag = `"${md5.digest('hex')}"`
    objects.set(key, { bytes: body, headers: { ...keptHeaders(request), etag } })
    return { status: 200, headers: { etag } }
  }
  if (request.method === 'DELETE') objects.delete(key)
  if (request.method === 'DELETE') return { status: 204 }
  if (found === undefined) return taken(404, 'NoSuchKey')
  const headers = { ...found.headers, 'content-length': String(found.bytes.length) }
  return { status: 200, headers, ...(request.method === 'HEAD' ? {} : { body: found.bytes }) }
}

const taken = (status: number, code: string): Answer => ({ status, code })

const keptHeaders = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      name.startsWith('x-amz-meta-') || name === 'content-type' ? [[name, String(value)]] : [],
    ),
  )

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  if (code === '') {
    response.end('<html>no error of S3</html>')
    return
  }
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`)
}
