/** A world without sockets, whose clock stands where a call says, and calls made from little. */
import type { AppSwitches } from '../app-config.js'
import { DEFAULT_SWITCHES } from '../app-config.js'
import { createApps } from '../apps.js'
import type { Answer, Call, World } from '../call.js'
import { createClock } from '../clock.js'
import { createCourier } from '../component/courier.js'
import { createPlatforms } from '../component/platforms.js'
import { createDelays } from '../delays.js'
import { createFaultBook } from '../fault-book.js'
import { createHosting } from '../hosting.js'
import { createIntruder } from '../intruder.js'
import { createPrinter } from '../picture/printer.js'
import { createPlayback } from '../playback.js'
import { createRids } from '../rids.js'
import { findRoute, isPicturePath, travel } from '../routes.js'
import { createSpender } from '../spender.js'
import { createTally } from '../tally.js'
import { createTokenShelf } from '../token-shelf.js'
import { createTokens } from '../tokens.js'

export function createTestWorld(switches: Partial<AppSwitches> = {}): World {
  const tokens = createTokens()
  const clock = createClock(0, () => 0)
  const platforms = createPlatforms()
  const apps = createApps({ defaults: { ...DEFAULT_SWITCHES, ...switches } }, 'clock')
  return {
    clock,
    apps,
    tokens,
    cloudbase: createTokenShelf(),
    platforms,
    courier: createCourier(clock),
    hosting: createHosting(),
    intruder: createIntruder(tokens, platforms),
    spender: createSpender(apps),
    faults: createFaultBook(() => 0, isPicturePath),
    tally: createTally(),
    rids: createRids(),
    playback: createPlayback(createDelays()),
    printer: createPrinter(),
    random: () => 0,
  }
}

/** Sends fields of wx1 to a path with a valid token. */
export function send(world: World, path: string, fields: object = {}, over: Partial<Call> = {}): Answer {
  const call: Call = {
    method: 'POST',
    path,
    query: new URLSearchParams(),
    clientIp: '127.0.0.1',
    bodyBytes: 10,
    body: { fields: { ...fields } },
    now: 0,
    token: { appid: 'wx1', state: 'valid' },
    app: world.apps.find('wx1'),
    appid: 'wx1',
    scene: null,
    fault: undefined,
    ...over,
  }
  const route = findRoute(path)
  if (route === undefined) throw new Error(`no route ${path}`)
  return travel(route, call, world)
}

/** An errcode, `picture`, or the JSON answered. */
export function outcomeOf(answer: Answer): unknown {
  if (answer.kind === 'error') return answer.errcode
  return answer.kind === 'json' ? answer.body : answer.kind
}
