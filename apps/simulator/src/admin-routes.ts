/** What each admin path does. */
import { ACTIONS, type ActionName } from './actions.js'
import type { World } from './call.js'
import type { CallRow } from './call-log.js'
import { reportPlatforms } from './component/component-report.js'
import { readJson } from './fields.js'
import { readScenario } from './scenario.js'

export type AdminReply = {
  readonly status: number
  readonly body?: unknown
  /** Sent instead of the body, piece by piece. */
  readonly stream?: Iterable<string>
}

export type AdminRequest = { readonly query: URLSearchParams; readonly text: string }
type AdminRoute = (world: World, request: AdminRequest) => AdminReply | Promise<AdminReply>

export const ADMIN_ROUTES: Readonly<Record<string, Readonly<Record<string, AdminRoute>>>> = {
  '/healthz': { GET: () => ok({ ok: true }) },
  '/counters': { GET: getCounters },
  '/calls': { GET: getCalls },
  '/faults': {
    GET: ({ faults }) => ok(faults.list()),
    PUT: act('faults', 'faults'),
    DELETE: ({ faults }) => {
      faults.clear()
      return ok([])
    },
  },
  '/clock': { GET: getClock, PUT: act('clock', 'clock', getClock) },
  '/limits': { GET: getLimits, PUT: act('limits', 'limits') },
  '/tokens/revoke': { POST: act('revoke', 'body') },
  '/intruder': {
    GET: getIntruder,
    PUT: act('intruder', 'intruder', getIntruder),
    DELETE: (world) => {
      world.intruder.stop()
      return getIntruder(world)
    },
  },
  '/spender': {
    GET: ({ spender, clock }) => {
      spender.visit(clock.now())
      return ok(spender.report())
    },
    PUT: act('spender', 'spender'),
    DELETE: ({ spender }) => {
      spender.start([], 0)
      return ok([])
    },
  },
  '/cloudbase': { POST: act('cloudbase', 'body') },
  '/hosting': {
    GET: ({ hosting }) => ok(hosting.order() ?? null),
    PUT: act('hosting', 'hosting'),
    DELETE: ({ hosting }) => {
      hosting.change(undefined)
      return ok(null)
    },
  },
  '/component': {
    GET: (world, { query }) => ok(reportPlatforms(world, query.get('appid') ?? undefined)),
    POST: act('component', 'body'),
    DELETE: deleteComponent,
  },
  '/component/pushes': {
    GET: ({ courier }, { query }) => ok(courier.records(query.get('appid') ?? undefined)),
  },
  '/component/authorise': { POST: act('authorise', 'body') },
  '/component/update': { POST: act('update', 'body') },
  '/component/withdraw': { POST: act('withdraw', 'body') },
  '/component/ticket': { POST: act('ticket', 'body') },
  '/component/replay': { POST: act('replay', 'body') },
  '/scenario': { GET: getScenario, PUT: putScenario, DELETE: deleteScenario },
  '/reset': { POST: act('reset', 'body') },
}

function ok(body: unknown): AdminReply {
  return { status: 200, body }
}

/** Reads the body as the action's JSON, does it, and answers what it returned, or what `then` says. No body is `{}`. */
function act(name: ActionName, field: string, then?: (world: World) => AdminReply): AdminRoute {
  return async (world, { text }) => {
    const deed = ACTIONS[name](readJson(text || '{}', 'the body'), field)
    const told = await deed(world)
    return then === undefined ? ok(told) : then(world)
  }
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

function getClock({ clock }: World): AdminReply {
  const now = clock.now()
  return ok({
    now,
    iso: new Date(now).toISOString(),
    offsetMs: Math.round(clock.offset()),
    frozen: clock.frozen(),
  })
}

/** `?appid=` the app's switches and what it has used; without, those of an app that has none of its own. */
function getLimits({ apps, clock, spender }: World, { query }: AdminRequest): AdminReply {
  const appid = query.get('appid')
  if (appid === null) return ok({ switches: apps.defaults() })
  const app = apps.find(appid)
  if (app === undefined) return { status: 404, body: { error: `no such app: ${appid}` } }
  const now = clock.now()
  spender.visit(now)
  const used = {
    unlimitedToday: app.usedToday('unlimited', now),
    limitedToday: app.usedToday('limited', now),
    limitedLifetime: app.printed.codes.size(),
    uncheckedPages: app.printed.uncheckedPages.size(),
  }
  return ok({ switches: app.config, used })
}

function getIntruder({ intruder }: World): AdminReply {
  return ok(intruder.report())
}

function getScenario({ playback }: World): AdminReply {
  return ok(playback.report())
}

function putScenario(world: World, { text }: AdminRequest): AdminReply {
  world.playback.start(readScenario(readJson(text, 'the body')), world)
  return getScenario(world)
}

/** `?appid=` one platform, without it all. */
function deleteComponent({ platforms, courier }: World, { query }: AdminRequest): AdminReply {
  const only = query.get('appid')
  const removed = platforms.all().filter(({ config }) => (only ?? config.appid) === config.appid)
  for (const { config } of removed) {
    courier.stop(config.appid)
    platforms.remove(config.appid)
  }
  return ok({ removed: removed.map(({ config }) => config.appid) })
}

function deleteScenario(world: World): AdminReply {
  world.playback.stop()
  return getScenario(world)
}
