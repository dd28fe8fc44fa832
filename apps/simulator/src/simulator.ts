/** Composes a simulator and starts it. */
import { createAdmin } from './admin.js'
import { type AppSwitches, type AppsConfig, DEFAULT_SWITCHES } from './app-config.js'
import { createApps } from './apps.js'
import type { World } from './call.js'
import { createClock } from './clock.js'
import { createCourier } from './component/courier.js'
import type { PlatformGiven } from './component/platform-config.js'
import { createPlatforms } from './component/platforms.js'
import { createDelays, type Delays } from './delays.js'
import { createFaultBook } from './fault-book.js'
import { createGateway } from './gateway.js'
import { createHosting, readHosting } from './hosting.js'
import { createIntruder } from './intruder.js'
import { type Address, listen } from './listen.js'
import { createPrinter } from './picture/printer.js'
import { createPlayback } from './playback.js'
import { createRandom } from './random.js'
import { createRids } from './rids.js'
import { isPicturePath } from './routes.js'
import { readScenario } from './scenario.js'
import { createSpender } from './spender.js'
import { createTally } from './tally.js'
import { createTokenShelf } from './token-shelf.js'
import { createTokens } from './tokens.js'
import type { WindowKind } from './window.js'

export type SimulatorOptions = {
  /** 127.0.0.1 by default. */
  readonly host?: string
  /** 0, the default: any free port. A port given and taken is a PortTaken. */
  readonly port?: number
  readonly adminPort?: number
  /** `clock` by default. */
  readonly window?: WindowKind
  /** For apps that name no limit of their own; 5,000 by default. */
  readonly perMinute?: number
  readonly latencyMs?: number
  readonly jitterMs?: number
  /** Without it: any appid and any secret. */
  readonly apps?: readonly (Partial<AppSwitches> & { readonly appid: string })[]
  /** Switches of every app that doesn't set them itself. */
  readonly defaults?: Partial<AppSwitches>
  /** Third-party platforms, as in an apps file. */
  readonly platforms?: readonly PlatformGiven[]
  /** Cloud hosting's open API: calls without a token, as in an apps file. */
  readonly hosting?: unknown
  /** What changes as time passes and calls come: the JSON of a scenario file, parsed. */
  readonly scenario?: unknown
  /** Of the random numbers behind probabilities, jitter and rids; 1 by default. */
  readonly seed?: number
}

export type Simulator = {
  /** What stands in for https://api.weixin.qq.com. */
  readonly url: string
  readonly adminUrl: string
  /** Ends every connection. Twice is no harm. */
  close(): Promise<void>
}

/** @throws PortTaken, or InputDefect when the scenario can't be read */
export function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1'
  const wechat = { host, port: options.port ?? 0, given: true }
  return startAt(options, wechat, { host, port: options.adminPort ?? 0, given: true })
}

/** The same, with ports that may be passed over when nobody gave them. */
export async function startAt(
  options: SimulatorOptions,
  wechat: Address,
  admin: Address,
): Promise<Simulator> {
  const scenario = options.scenario === undefined ? undefined : readScenario(options.scenario)
  const timers = createDelays()
  const world = createWorld(options, timers)
  const gateway = createGateway(world, {
    latencyMs: options.latencyMs ?? 0,
    jitterMs: options.jitterMs ?? 0,
  })
  const adminServer = createAdmin(world)
  let closing: Promise<void> | undefined
  const close = () => {
    timers.close()
    world.courier.close()
    closing ??= gateway.close().then(() => closeAdmin())
    return closing
  }
  const closeAdmin = () =>
    new Promise<void>((resolve) => {
      adminServer.close(() => resolve())
      adminServer.closeAllConnections()
    })
  try {
    const url = await listen(gateway.server, wechat)
    const adminUrl = await listen(adminServer, admin)
    for (const platform of world.platforms.all()) world.courier.start(platform)
    if (scenario !== undefined) world.playback.start(scenario, world)
    return { url, adminUrl, close }
  } catch (fault) {
    await close()
    throw fault
  }
}

function createWorld(options: SimulatorOptions, timers: Delays): World {
  const random = createRandom(options.seed ?? 1)
  const apps = createApps(readApps(options), options.window ?? 'clock')
  const tokens = createTokens(
    (appid) => apps.find(appid)?.config.tokenSeconds ?? DEFAULT_SWITCHES.tokenSeconds,
  )
  const clock = createClock()
  const platforms = createPlatforms(options.platforms, clock.now())
  const hosting = options.hosting === undefined ? undefined : readHosting(options.hosting, 'hosting')
  return {
    clock,
    apps,
    tokens,
    cloudbase: createTokenShelf(),
    platforms,
    courier: createCourier(clock),
    hosting: createHosting(hosting),
    intruder: createIntruder(tokens, platforms),
    spender: createSpender(apps),
    faults: createFaultBook(random, isPicturePath),
    tally: createTally(),
    rids: createRids(),
    playback: createPlayback(timers),
    printer: createPrinter(),
    random,
  }
}

function readApps({ perMinute, defaults, apps }: SimulatorOptions): AppsConfig {
  const base = { ...DEFAULT_SWITCHES, ...(perMinute === undefined ? {} : { perMinute }), ...defaults }
  return apps === undefined
    ? { defaults: base }
    : { defaults: base, apps: apps.map((app) => ({ ...base, ...app })) }
}
