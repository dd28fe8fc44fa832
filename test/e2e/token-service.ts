/** A company's own token service: gives the app's current token to whoever has the key, and another one once it was told. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { untilThere } from './api.js'

export interface TokenService {
  readonly url: string
  /** Tokens asked for, and bodies of what it was told. */
  readonly asked: () => number
  readonly told: () => readonly unknown[]
  /** While true it answers 503. */
  breaks(broken: boolean): void
  /** Resolves when it has answered so since it last broke, so often. */
  refusedTimes(times: number): Promise<void>
  close(): Promise<void>
}

export interface TokenServiceOptions {
  readonly key: string
  /** WeChat gives it another when `anew`. */
  readonly fetchToken: (anew: boolean) => Promise<string>
}

export async function startTokenService({ key, fetchToken }: TokenServiceOptions): Promise<TokenService> {
  const told: unknown[] = []
  let [asked, refused, isBroken, isRejected] = [0, 0, false, false]

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers['x-service-key'] !== key) return void response.writeHead(401).end()
    if (isBroken) {
      refused++
      return void response.writeHead(503).end()
    }
    if (request.method === 'POST') {
      told.push(JSON.parse(await bodyOf(request)))
      isRejected = true
      return void response.end('{}')
    }
    asked++
    const token = await fetchToken(isRejected)
    isRejected = false
    response.end(JSON.stringify({ data: { token, secondsLeft: 7_000 } }))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    asked: () => asked,
    told: () => told,
    breaks(broken) {
      isBroken = broken
      refused = 0
    },
    async refusedTimes(times) {
      await untilThere(async () => (refused >= times ? true : null))
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}
