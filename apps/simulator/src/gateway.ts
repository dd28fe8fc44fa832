/** The simulated api.weixin.qq.com: takes a request, sends it down its route, sends the answer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { App } from './app.js'
import { type Bearer, findBearer } from './bearer.js'
import { parseBody } from './body.js'
import type { Answer, Call, World } from './call.js'
import { collectBody } from './collect-body.js'
import { createDelays, type Delays } from './delays.js'
import { formatRid } from './envelope.js'
import { RID_TEXT_KEPT } from './rids.js'
import { findRoute, type Route, travel, UNKNOWN_PATH } from './routes.js'
import { type Reply, render, transmit } from './send.js'
import type { Settled } from './tally.js'
import { namedAppid } from './token-routes.js'

/** Each answer waits `latencyMs` and a random part of `jitterMs` more. */
export type Latency = { readonly latencyMs: number; readonly jitterMs: number }

export type Gateway = { readonly server: Server; close(): Promise<void> }

export function createGateway(world: World, latency: Latency): Gateway {
  const delays = createDelays()
  const dates = createDates()
  const server = createServer((req, res) => receive(req, res))
  // Idle connections stay open, and no Keep-Alive header is sent, as in the captures of the real thing.
  server.keepAliveTimeout = 0

  function receive(req: IncomingMessage, res: ServerResponse): void {
    res.sendDate = false
    const arrived = arrive(req, world)
    const collected = collectBody(req)
    req.on('end', () => {
      const body = collected()
      const { call, answer } = decide(arrived, req, body, world)
      const waitMs = latency.latencyMs + latency.jitterMs * (latency.jitterMs === 0 ? 0 : world.random())
      delays.after(waitMs + delayOf(call), () => {
        respond(res, answer, arrived, call, (rid, reply) =>
          noteRid(world, { arrived, call, req, body }, rid, reply),
        )
      })
      settle(arrived, call, answer, world)
      if (call !== undefined && arrived.settled !== undefined) world.playback.count()
    })
    req.on('error', () => arrived.settled?.(ABORTED))
  }

  function respond(
    res: ServerResponse,
    answer: Answer,
    { token }: Arrived,
    call: Call | undefined,
    noted: NoteRid,
  ): void {
    if (res.destroyed) return
    const now = world.clock.now()
    const rid = () => formatRid(now, world.random)
    const named = answer.kind === 'error' ? rid() : undefined
    const rendered = render(answer, () => named ?? '')
    const passed = token?.hosted === true && answer.kind !== 'status'
    const reply = passed
      ? { ...rendered, headers: [...(rendered.headers ?? []), ...world.hosting.seqid()] }
      : rendered
    if (named !== undefined) noted(named, reply)
    transmit({ res, date: dates(now), rid, delays }, reply, call?.fault)
  }

  return { server, close: () => closeAll(server, delays) }
}

type NoteRid = (rid: string, reply: Reply) => void

type Asked = {
  readonly arrived: Arrived
  readonly call: Call | undefined
  readonly req: IncomingMessage
  readonly body: Buffer
}

function noteRid(
  { rids, clock }: World,
  { arrived, call, req, body }: Asked,
  rid: string,
  reply: Reply,
): void {
  rids.remember(rid, {
    appid: call?.appid ?? '',
    at: arrived.now,
    costMs: Math.max(0, Math.round(clock.now() - arrived.now)),
    query: arrived.query.toString().slice(0, RID_TEXT_KEPT),
    requestBody: body.toString('utf8', 0, RID_TEXT_KEPT),
    responseBody: Buffer.concat(reply.parts).toString('utf8'),
    clientIp: addressOf(req),
  })
}

function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
}

const ABORTED: Settled = { scene: null, errcode: undefined, fault: undefined, whole: false }

function closeAll(server: Server, delays: Delays): Promise<void> {
  delays.close()
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** slow_body waits within its body, every other fault before the answer. */
function delayOf(call: Call | undefined): number {
  return call?.fault === undefined || call.fault.kind === 'slow_body' ? 0 : call.fault.delayMs
}

type Arrived = {
  readonly path: string
  readonly query: URLSearchParams
  readonly route: Route | undefined
  readonly token: Bearer | undefined
  readonly now: number
  readonly settled: ((settled: Settled) => void) | undefined
}

/** What the request's head tells. Calls of picture routes are counted here, in the order in which they come. */
function arrive(req: IncomingMessage, world: World): Arrived {
  const at = world.clock.real()
  const now = world.clock.now()
  world.intruder.visit(now)
  world.spender.visit(now)
  const { path, query } = splitUrl(req.url ?? '/')
  const route = findRoute(path)
  const token = route?.appBy === 'name' ? undefined : findBearer(query, now, world)
  const counted = route?.sceneField !== undefined
  const settled = counted ? world.tally.arrive({ appid: token?.appid ?? '', path, at, now }) : undefined
  return { path, query, route, token, now, settled }
}

function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

function decide(arrived: Arrived, req: IncomingMessage, bytes: Buffer, world: World) {
  const { route, path, token } = arrived
  const stopped = token?.hosted ? world.hosting.judge(path, token.appid) : undefined
  if (route === undefined) return { call: undefined, answer: stopped ?? UNKNOWN_PATH }
  const call = openCall(route, arrived, req, bytes, world)
  return { call, answer: stopped ?? travel(route, call, world) }
}

/** An app is told by the token; on routes that hand tokens out, by the appid they are sent. */
function openCall(route: Route, arrived: Arrived, req: IncomingMessage, bytes: Buffer, world: World): Call {
  const { path, query, now, token } = arrived
  const holder = token === undefined ? undefined : world.apps.find(token.appid)
  const body = parseBody(bytes.toString('utf8'), holder?.config.literalUnicodeEscapes ?? false)
  const fields = 'fields' in body ? body.fields : {}
  const byToken = route.appBy === 'token'
  const appid = byToken ? (token?.appid ?? '') : namedAppid(query, fields)
  const scene = route.sceneField === undefined ? undefined : fields[route.sceneField]
  return {
    method: req.method ?? '',
    path,
    query,
    now,
    token,
    body,
    clientIp: addressOf(req),
    bodyBytes: bytes.length,
    appid,
    app: byToken ? holder : findNamed(world, appid),
    scene: typeof scene === 'string' ? scene : null,
    fault: undefined,
  }
}

function findNamed(world: World, appid: string): App | undefined {
  return appid === '' ? undefined : world.apps.find(appid)
}

/** Faults under which the picture still arrives whole, sooner or later. */
const HARMLESS: readonly (string | undefined)[] = [undefined, 'slow_headers', 'slow_body']

function settle(arrived: Arrived, call: Call | undefined, answer: Answer, world: World): void {
  const fault = answer.kind === 'status' ? String(answer.status) : call?.fault?.kind
  const errcode = answer.kind === 'error' ? answer.errcode : undefined
  const whole = answer.kind === 'picture' && HARMLESS.includes(fault)
  if (arrived.settled !== undefined) arrived.settled({ scene: call?.scene ?? null, errcode, fault, whole })
  else if (call !== undefined) noteOther(world, call, errcode, fault)
}

function noteOther(
  { tally }: World,
  call: Call,
  errcode: number | undefined,
  fault: string | undefined,
): void {
  tally.note(call.app === undefined ? '' : call.appid, errcode, fault, call.path)
}

/** The Date header, built once a second. */
function createDates(): (nowMs: number) => string {
  let second = Number.NaN
  let text = ''
  return (nowMs) => {
    const current = Math.floor(nowMs / 1000)
    if (current !== second) text = new Date(current * 1000).toUTCString()
    second = current
    return text
  }
}
