/** A producer that answers whatever a test says, and keeps what it was asked. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeEach } from 'vitest'
import { runSunpress } from '../run-sunpress.js'

export interface StubProducer {
  /** From now on. By default an empty 200. */
  answer: unknown
  status: number
  asked: { readonly what: string; readonly body: string }[]
  /** The command line, asking here. */
  run(args: readonly string[], stdin?: string): Promise<{ code: number; out: string; err: string }>
}

/** Listens until the file's tests are over; each test begins with 200 and nothing asked. */
export async function startStubProducer(
  answerOf: (stub: StubProducer, what: string) => { status: number; answer: unknown } = (stub) => stub,
): Promise<StubProducer> {
  const server = createServer(async (request: IncomingMessage, response) => {
    const what = `${request.method} ${request.url}`
    stub.asked.push({ what, body: await text(request) })
    const { status, answer } = answerOf(stub, what)
    response.writeHead(status, {
      'content-type': status < 300 ? 'application/json' : 'application/problem+json',
    })
    response.end(status === 204 ? '' : typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const env = { SUNPRESS_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const stub: StubProducer = {
    answer: {},
    status: 200,
    asked: [],
    async run(args, stdin = '') {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()]
      const code = await runSunpress(args, { env, stdin: Readable.from([stdin]), stdout, stderr })
      stdout.end()
      stderr.end()
      return { code, out: await text(stdout), err: await text(stderr) }
    },
  }
  beforeEach(() => Object.assign(stub, { asked: [], status: 200, answer: {} }))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return stub
}
