/** The parts of `up` in the order of their start, each told what those before it have found. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@sunpress/client'
import { type Lifecycle, readClientConfig, systemClock } from '@sunpress/runtime'
import type { Context } from '../context.js'
import { describeError } from '../show/describe-error.js'
import type { Screen } from '../show/screen.js'
import { type Child, type ChildOptions, startChild } from './child.js'
import { type Crew, misusedOr } from './crew.js'
import { runDemo } from './demo.js'
import { findRedis } from './find-redis.js'
import type { Ready } from './log-line.js'
import { SUNPRESS_BIN } from './paths.js'
import { serviceEnvironment, shownPath, type UpPlan } from './plan-up.js'
import { renderSummary } from './render-summary.js'
import { readyOrAborted, startRedis } from './start-redis.js'

export interface Up {
  readonly context: Context
  readonly plan: UpPlan
  readonly cwd: string
  readonly screen: Screen
  readonly warn: (line: string) => void
  readonly crew: Crew
}

type Role = 'redis' | 'simulator' | 'producer' | 'worker'

/** What the parts tell each other, filled as they start. */
interface Found {
  redisUrl: string | null
  readonly children: Map<Role, Child>
  readonly ready: Map<Role, Ready>
}

/** A WeChat that answers at once would show nothing of what a campaign is like. */
const SIMULATED_LATENCY = ['--latency-ms', '120', '--jitter-ms', '60']

export function addParts(lifecycle: Lifecycle, up: Up): void {
  const found: Found = { redisUrl: null, children: new Map(), ready: new Map() }
  const { plan, context } = up
  const service = (role: Role, args: readonly string[], env: () => NodeJS.ProcessEnv): void =>
    lifecycle.add(role, () => {
      const needs = (['redis', 'simulator'] as const).flatMap((name) => found.children.get(name) ?? [])
      const child = startChild({ ...serviceChild(up, role, args, env()), needs })
      found.children.set(role, child)
      return up.crew.take(child)
    })
  const waitFor = (...roles: Role[]): void =>
    lifecycle.add(`${roles.join(' and ')} ready`, async (stopping) => {
      await Promise.all(roles.map((role) => untilReady(up, found, role, stopping)))
    })

  lifecycle.add('folders', async () => {
    await mkdir(plan.logFolder, { recursive: true })
  })
  if (plan.ownRedis) lifecycle.add('redis', (stopping) => addRedis(up, found, stopping))
  if (plan.simulate) {
    service('simulator', SIMULATED_LATENCY, () => ({ ...context.env, SUNPRESS_TETHER: 'fd' }))
    waitFor('simulator')
  }
  for (const role of ['producer', 'worker'] as const) {
    service(role, [], () => {
      const wechatUrl = found.ready.get('simulator')?.url ?? null
      return serviceEnvironment(role, context.env, { redisUrl: found.redisUrl, wechatUrl })
    })
  }
  waitFor('producer', 'worker')
  lifecycle.add('summary', () =>
    up.screen.print(renderSummary(found.ready, shownPath(plan.dataFolder, up.cwd))),
  )
  if (plan.demo) lifecycle.add('demo', () => startDemo(up, found.ready.get('producer')?.url ?? ''))
}

async function addRedis(up: Up, found: Found, stopping: AbortSignal): Promise<Child['stop']> {
  const program = await findRedis({
    path: up.context.env['PATH'],
    signal: stopping,
    onUnpack: () => up.screen.print('No Redis on PATH: unpacking one from Debian packages…'),
  })
  const child = { ...output(up, 'redis'), env: up.context.env, showFrom: up.plan.showFrom }
  const redis = await startRedis({
    program,
    folder: up.plan.redisFolder,
    setting: up.plan.folderSetting,
    signal: stopping,
    child,
  })
  found.redisUrl = redis.url
  found.children.set('redis', redis.child)
  return up.crew.take(redis.child)
}

function serviceChild(up: Up, role: Role, args: readonly string[], env: NodeJS.ProcessEnv): ChildOptions {
  return {
    ...output(up, role),
    role,
    command: [process.execPath, SUNPRESS_BIN, role, ...args],
    env,
    showFrom: up.plan.showFrom,
  }
}

const output = ({ plan, warn }: Up, role: string): Pick<ChildOptions, 'logFile' | 'show'> => ({
  logFile: join(plan.logFolder, `${role}.log`),
  show: warn,
})

/** Scripts read from the ready lines where everything is; a person gets the summary. */
async function untilReady(up: Up, found: Found, role: Role, stopping: AbortSignal): Promise<void> {
  const child = found.children.get(role)
  if (child === undefined) throw new TypeError(`${role} is waited for but was not started`)
  const ready = await readyOrAborted(child, stopping).catch((error: unknown) => {
    throw misusedOr(error)
  })
  found.ready.set(role, ready)
  if (up.context.stdout.isTTY !== true) up.screen.print(JSON.stringify({ msg: 'ready', ...ready }))
}

/** Runs beside everything else: what goes wrong with it is told, and ends nothing. */
function startDemo({ context, screen, warn }: Up, apiUrl: string) {
  const stopping = new AbortController()
  const key = readClientConfig(context.env).apiKey
  const client = createClient({ url: apiUrl, ...(key === null ? {} : { apiKey: key.reveal() }) })
  const options = { client, apiUrl, clock: systemClock, screen, signal: stopping.signal }
  const ended = runDemo(options).catch((error: unknown) => {
    if (!stopping.signal.aborted) warn(`demo: ${describeError(error)}`)
  })
  return async () => {
    stopping.abort()
    await ended
  }
}
