/** /metrics, /livez and /readyz of one process. Answers nothing else; asks nobody who they are: bind it to where that is fine. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Metrics } from './metrics.js'
import type { HealthVerdict } from './progress-watch.js'

export interface MetricsServerOptions {
  readonly metrics: Pick<Metrics, 'render' | 'contentType'>
  /** Should this process be restarted? */
  readonly liveness: () => HealthVerdict | Promise<HealthVerdict>
  /** Can it take work now? */
  readonly readiness: () => HealthVerdict | Promise<HealthVerdict>
  /** Makes the server listen, by the rules of the process; gives its URL. */
  readonly listen: (server: Server) => Promise<{ readonly url: string }>
}

export interface MetricsServer {
  readonly url: string
  /** Twice without harm. */
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Longer than from one scrape to the next: none comes on a connection that is just being ended. */
const KEEP_ALIVE_MS = 75_000

export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    void answerTo(options, request).then((answer) => send(response, answer))
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const { url } = await options.listen(server)
  return {
    url,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Never rejects. */
async function answerTo(
  options: MetricsServerOptions,
  { method, url = '/' }: IncomingMessage,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return textAnswer(405, 'method not allowed')
  switch (url.split('?', 1)[0]) {
    case '/metrics':
      return await metricsAnswer(options)
    case '/livez':
      return await healthAnswer(options.liveness)
    case '/readyz':
      return await healthAnswer(options.readiness)
    default:
      return textAnswer(404, 'not found')
  }
}

async function metricsAnswer({ metrics }: MetricsServerOptions): Promise<Answer> {
  try {
    return { status: 200, type: metrics.contentType, body: await metrics.render() }
  } catch {
    return textAnswer(500, 'the metrics could not be collected')
  }
}

async function healthAnswer(ask: MetricsServerOptions['liveness']): Promise<Answer> {
  const verdict = await Promise.resolve()
    .then(ask)
    .catch((): HealthVerdict => ({ ok: false, why: 'could not be found out' }))
  return { status: verdict.ok ? 200 : 503, type: 'application/json', body: `${JSON.stringify(verdict)}\n` }
}

const textAnswer = (status: number, text: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${text}\n`,
})

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}
