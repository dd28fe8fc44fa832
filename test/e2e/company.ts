/** A company's own server, which schedules take their rows from: it answers as it is told, path by path, and remembers who asked what. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

export interface Asked {
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export type CompanyAnswer = (asked: Asked, response: ServerResponse) => void

export interface Company {
  /** name:port */
  readonly host: string
  /** Requests for this path so far. */
  asked(path: string): readonly Asked[]
  /** From now on. */
  serve(path: string, answer: CompanyAnswer): void
  close(): Promise<void>
}

export async function startCompany(): Promise<Company> {
  const seen: Asked[] = []
  const answers = new Map<string, CompanyAnswer>()
  const pathOf = (url: string): string => url.split('?', 1)[0] ?? ''
  const server = createServer(({ url = '', headers }, response) => {
    seen.push({ url, headers })
    const answer = answers.get(pathOf(url))
    if (answer === undefined) response.writeHead(404).end()
    else answer({ url, headers }, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    host: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    asked: (path) => seen.filter(({ url }) => pathOf(url) === path),
    serve: (path, answer) => void answers.set(path, answer),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
