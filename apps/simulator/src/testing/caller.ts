/** A bare HTTP caller for the tests: what came, down to raw headers and whether the connection broke. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { type Simulator, startSimulator } from '../simulator.js'

export type Received = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** The code of the error that ended the answer, undefined when it came whole. */
  readonly broken: string | undefined
}

export type CallOptions = { method?: string; body?: string | object; agent?: Agent }

/** Sends one request and collects what arrives. A connection that ends without headers is status 0. */
export function call(url: string, { method = 'POST', body, agent }: CallOptions = {}): Promise<Received> {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  return new Promise((resolve) => {
    const nothing = { status: 0, headers: {}, rawHeaders: [], body: Buffer.alloc(0) }
    const req = request(url, { method, agent: agent ?? new Agent() }, (res) => {
      const chunks: Buffer[] = []
      const received = (broken?: string) => {
        const { statusCode: status = 0, headers, rawHeaders } = res
        resolve({ status, headers, rawHeaders, body: Buffer.concat(chunks), broken })
      }
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('end', () => received())
      res.on('error', (fault: NodeJS.ErrnoException) => received(fault.code))
    })
    req.on('error', (fault: NodeJS.ErrnoException) => resolve({ ...nothing, broken: fault.code }))
    req.end(text)
  })
}

export function errcodeOf({ body }: Received): number | undefined {
  return (JSON.parse(body.toString('utf8')) as { errcode?: number }).errcode
}

/** A stable token of the appid. */
export async function takeToken({ url }: Simulator, appid: string, force = false): Promise<string> {
  const body = { grant_type: 'client_credential', appid, secret: 's', force_refresh: force }
  const { body: answer } = await call(`${url}/cgi-bin/stable_token`, { body })
  return (JSON.parse(answer.toString('utf8')) as { access_token: string }).access_token
}

/** Starts a simulator with a token and the ways to call it; `close` belongs in a finally or an afterEach. */
export async function startWithToken(options: Parameters<typeof startSimulator>[0] = {}) {
  const simulator = await startSimulator(options)
  const token = await takeToken(simulator, 'wx1')
  const code = (fields: object | string, over: CallOptions = {}) =>
    call(`${simulator.url}/wxa/getwxacodeunlimit?access_token=${token}`, { body: fields, ...over })
  const admin = async (method: string, path: string, body?: unknown) => {
    const sent = body === undefined ? {} : { body: body as object }
    const answer = await call(`${simulator.adminUrl}${path}`, { method, ...sent })
    return { status: answer.status, json: JSON.parse(answer.body.toString('utf8')) }
  }
  return { simulator, token, code, admin, close: simulator.close }
}

export type Started = Awaited<ReturnType<typeof startWithToken>>
