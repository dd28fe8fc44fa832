/** A server that speaks WeChat's protocol and says what its script says: each path has its answers, the last one repeats. */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly method: string
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

/** An object is sent as WeChat's JSON, bytes as its picture; a function does as it likes. */
export type Line = object | Buffer | ((response: ServerResponse, asked: Asked) => void)

export interface ScriptedWechat {
  readonly url: string
  readonly asked: Asked[]
  script(path: string, ...lines: Line[]): void
  until(condition: () => boolean): Promise<void>
  close(): Promise<void>
}

export async function startScriptedWechat(): Promise<ScriptedWechat> {
  const scripts = new Map<string, Line[]>()
  const asked: Asked[] = []
  const events = new EventEmitter().setMaxListeners(100)
  const server = createServer(async (request, response) => {
    const question = await readQuestion(request)
    asked.push(question)
    const lines = scripts.get(question.path) ?? []
    const line = lines.length > 1 ? lines.shift() : lines[0]
    say(line ?? { errcode: 40066, errmsg: 'invalid url' }, response, question)
    events.emit('change')
  })
  // A client that pauses finds its connection again.
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    script: (path, ...lines) => scripts.set(path, lines),
    async until(condition) {
      while (!condition()) await once(events, 'change')
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function readQuestion(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const url = new URL(request.url ?? '/', 'http://wechat')
  const body = Buffer.concat(chunks).toString()
  const { headers, method = '' } = request
  return { path: url.pathname, query: url.searchParams, method, body, headers }
}

function say(line: Line, response: ServerResponse, asked: Asked): void {
  if (typeof line === 'function') {
    line(response, asked)
    return
  }
  const bytes = Buffer.isBuffer(line) ? line : Buffer.from(JSON.stringify(line))
  const type = Buffer.isBuffer(line) ? 'image/jpeg' : 'application/json; encoding=utf-8'
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes)
}
