/** Puts an answer on the wire as WeChat's gateway does, or as an ordered fault bends it. */
import type { ServerResponse } from 'node:http'
import type { Answer } from './call.js'
import type { Delays } from './delays.js'
import { formatError, JSON_TYPE } from './envelope.js'
import type { Fault } from './fault-rules.js'

/** An answer as bytes. */
export type Reply = {
  readonly status: number
  readonly contentType: string
  readonly parts: readonly Buffer[]
  readonly bytes: number
  /** Further headers, names and values in turns. */
  readonly headers?: readonly string[] | undefined
}

/** @param rid for the error text. */
export function render(answer: Answer, rid: () => string): Reply {
  switch (answer.kind) {
    case 'picture': {
      const { contentType, headers } = answer
      const { parts, bytes } = answer.picture
      return { status: 200, contentType, parts, bytes, headers }
    }
    case 'status':
      return gatewayPage(answer.status)
    case 'json':
      return text(200, JSON_TYPE, JSON.stringify(answer.body))
    case 'error':
      return text(200, JSON_TYPE, formatError(answer.errcode, rid(), answer.text))
  }
}

function text(status: number, contentType: string, body: string): Reply {
  const bytes = Buffer.from(body, 'utf8')
  return { status, contentType, parts: [bytes], bytes: bytes.length }
}

/** What stands in place of the reply for the faults that send something else. */
function bend(reply: Reply, fault: Fault, rid: () => string): Reply {
  switch (fault.kind) {
    case 'empty_200':
      return { ...reply, parts: [], bytes: 0 }
    case 'cut_short_right_length':
      return cut(reply)
    case 'json_as_image':
      return text(200, 'image/jpeg', formatError(fault.errcode, rid(), fault.errmsg))
    case 'html_page':
      return text(200, 'text/html', page('200 OK'))
    case 'http_status':
      return gatewayPage(fault.status)
    default:
      return reply
  }
}

function gatewayPage(status: number): Reply {
  return text(status, 'text/html', page(`${status} ${STATUS[status] ?? 'Error'}`))
}

const STATUS: Readonly<Record<number, string>> = {
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
}

function page(title: string): string {
  const head = `<html>\r\n<head><title>${title}</title></head>\r\n`
  return `${head}<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`
}

/** The first half, at least one byte short. */
function cut(reply: Reply): Reply {
  const half = Buffer.concat(reply.parts).subarray(0, Math.floor(reply.bytes / 2))
  return { ...reply, parts: [half], bytes: half.length }
}

/** What a reply goes out by. */
export type Wire = {
  readonly res: ServerResponse
  /** The value of the Date header. */
  readonly date: string
  readonly rid: () => string
  readonly delays: Delays
}

/** Sends a reply, through a fault when there is one. */
export function transmit(wire: Wire, reply: Reply, fault: Fault | undefined): void {
  if (fault === undefined) sendWhole(wire, reply)
  else if (fault.kind === 'reset') reset(wire.res)
  else if (fault.kind === 'cut_short_wrong_length') sendBroken(wire, reply)
  else if (fault.kind === 'slow_body') sendSlowly(wire, reply, fault.delayMs)
  else sendWhole(wire, bend(reply, fault, wire.rid))
}

function sendWhole({ res, date }: Wire, reply: Reply): void {
  writeHead(res, reply, date)
  for (const part of reply.parts) res.write(part)
  res.end()
}

/** Headers and the first half at once, the second half after the time. */
function sendSlowly({ res, date, delays }: Wire, reply: Reply, delayMs: number): void {
  const whole = Buffer.concat(reply.parts)
  const half = Math.floor(whole.length / 2)
  writeHead(res, reply, date)
  res.write(whole.subarray(0, half))
  delays.after(delayMs, () => res.end(whole.subarray(half)))
}

/** How long a broken answer rests before its reset, so that what was sent is read first. */
const BEFORE_RESET_MS = 20

/** Headers that promise the whole, half of it, then a reset of the connection. */
function sendBroken({ res, date, delays }: Wire, reply: Reply): void {
  writeHead(res, reply, date)
  const [half = Buffer.alloc(0)] = cut(reply).parts
  res.write(half, () => delays.after(BEFORE_RESET_MS, () => reset(res)))
}

/** Ends the connection with a TCP reset. */
function reset({ socket }: ServerResponse): void {
  socket?.resetAndDestroy()
}

function writeHead(res: ServerResponse, reply: Reply, date: string): void {
  res.writeHead(reply.status, [
    'Date',
    date,
    'Content-Type',
    reply.contentType,
    'Content-Length',
    String(reply.bytes),
    ...(reply.headers ?? []),
  ])
}
