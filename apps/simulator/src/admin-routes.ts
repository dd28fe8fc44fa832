/** What each admin path does. */
import type { World } from './call.js'
import type { CallRow } from './call-log.js'
import { InputDefect } from './defect.js'
import {
  type JsonObject,
  optional,
  readArray,
  readChoice,
  readFlag,
  readJson,
  readObject,
  readText,
} from './fields.js'
import type { TokenLine } from './tokens.js'

export type AdminReply = {
  readonly status: number
  readonly body?: unknown
  /** Sent instead of the body, piece by piece. */
  readonly stream?: Iterable<string>
}

export type AdminRequest = { readonly query: URLSearchParams; readonly text: string }
type AdminRoute = (world: World, request: AdminRequest) => AdminReply

export const ADMIN_ROUTES: Readonly<Record<string, Readonly<Record<string, AdminRoute>>>> = {
  '/healthz': { GET: () => ok({ ok: true }) },
  '/counters': { GET: getCounters },
  '/calls': { GET: getCalls },
  '/faults': { GET: getFaults, PUT: putFaults, DELETE: deleteFaults },
  '/clock': { GET: getClock, PUT: putClock },
  '/tokens/revoke': { POST: revokeTokens },
  '/reset': { POST: reset },
}

function ok(body: unknown): AdminReply {
  return { status: 200, body }
}

/** `?appid=` one app's only; `?scenes=true` with every scene's successes. */
function getCounters({ tally, tokens, clock }: World, { query }: AdminRequest): AdminReply {
  const only = query.get('appid')
  const withScenes = query.get('scenes') === 'true'
  const appids = only === null ? tally.appids() : [only]
  const apps = appids.map((appid) => [
    appid,
    { ...tally.report(appid, withScenes), tokens: tokens.tally(appid) },
  ])
  return ok({ now: clock.now(), apps: Object.fromEntries(apps) })
}

function getCalls({ tally }: World, { query }: AdminRequest): AdminReply {
  const rows = tally.calls(query.get('appid') ?? undefined)
  return { status: 200, stream: streamRows(rows, tally.dropped()) }
}

function* streamRows(rows: Iterable<CallRow>, dropped: number): Generator<string> {
  let piece = `{"dropped":${dropped},"calls":[`
  let separator = ''
  for (const row of rows) {
    piece += separator + JSON.stringify(row)
    separator = ','
    if (piece.length < 65_536) continue
    yield piece
    piece = ''
  }
  yield `${piece}]}`
}

function getFaults({ faults }: World): AdminReply {
  return ok(faults.list())
}

function putFaults({ faults }: World, { text }: AdminRequest): AdminReply {
  faults.replace(readJson(text, 'the body'))
  return ok(faults.list())
}

function deleteFaults({ faults }: World): AdminReply {
  faults.clear()
  return ok([])
}

function getClock({ clock }: World): AdminReply {
  const now = clock.now()
  return ok({
    now,
    iso: new Date(now).toISOString(),
    offsetMs: Math.round(clock.offset()),
    frozen: clock.frozen(),
  })
}

/** `{set: ms | ISO}`, `{advanceMs}` or `{offsetMs}`, with or without `{frozen}`. Going back starts the windows anew. */
function putClock(world: World, { text }: AdminRequest): AdminReply {
  const from = readObject(readJson(text, 'the body'), 'clock', ['set', 'advanceMs', 'offsetMs', 'frozen'])
  const { clock, apps } = world
  const moves = ['set', 'advanceMs', 'offsetMs'].filter((name) => from[name] !== undefined)
  if (moves.length > 1) throw new InputDefect('clock', 'one of set, advanceMs, offsetMs', moves)
  const frozen = optional(from, 'frozen', (value) => readFlag(value, 'clock.frozen'))
  const target = targetOf(from, world)
  const before = clock.now()
  if (frozen !== undefined) clock.freeze(frozen)
  if (target !== undefined) clock.set(target)
  if (target !== undefined && target < before) apps.clear()
  return getClock(world)
}

function targetOf(from: JsonObject, { clock }: World): number | undefined {
  const set = optional(from, 'set', readTime)
  const advance = optional(from, 'advanceMs', (value) => readNumber(value, 'clock.advanceMs'))
  const offset = optional(from, 'offsetMs', (value) => readNumber(value, 'clock.offsetMs'))
  if (advance !== undefined) return clock.now() + advance
  return offset === undefined ? set : clock.real() + offset
}

function readTime(value: unknown): number {
  const at = typeof value === 'string' ? Date.parse(value) : value
  if (typeof at !== 'number' || !(at >= 0 && at <= 8.64e15)) {
    throw new InputDefect('clock.set', 'milliseconds since 1970 or an ISO 8601 time', value)
  }
  return at
}

function readNumber(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new InputDefect(field, 'a number', value)
  return value
}

/** `{appid?, line?}`: without an appid of all apps, without a line both. */
function revokeTokens({ tokens, clock }: World, { text }: AdminRequest): AdminReply {
  const from = readObject(readJson(text || '{}', 'the body'), 'body', ['appid', 'line'])
  const appid = optional(from, 'appid', (value) => readText(value, 'body.appid'))
  const line = optional(from, 'line', (value) =>
    readChoice<TokenLine>(value, 'body.line', ['classic', 'stable']),
  )
  return ok({ revoked: tokens.revoke(clock.now(), appid, line) })
}

const RESETS: Readonly<Record<string, (world: World) => void>> = {
  counters: ({ tally }) => tally.clearCounters(),
  calls: ({ tally }) => tally.clearCalls(),
  faults: ({ faults }) => faults.clear(),
  tokens: ({ tokens }) => tokens.clear(),
  windows: ({ apps }) => apps.clear(),
  clock: ({ clock }) => {
    clock.freeze(false)
    clock.set(clock.real())
  },
}

/** `{only?: [counters | calls | faults | tokens | windows | clock]}`: without it, everything. */
function reset(world: World, { text }: AdminRequest): AdminReply {
  const from = readObject(readJson(text || '{}', 'the body'), 'body', ['only'])
  const names = Object.keys(RESETS)
  const only = optional(from, 'only', (value) => readArray(value, 'body.only')) ?? names
  const chosen = only.map((name, index) => readChoice(name, `body.only[${index}]`, names))
  for (const name of chosen) RESETS[name]?.(world)
  return ok({ reset: chosen })
}
