/**
 * Everything on this machine: Redis, a simulated WeChat if no app is configured, producer and worker, each a process of its
 * own that ends with this one. Starts in order, stops in reverse; when one of them dies, all stop.
 */
import { ConfigFault, createLifecycle, type ExitCode, readUpConfig, runUntilSignal } from '@sunpress/runtime'
import type { Context } from '../context.js'
import { describeError } from '../show/describe-error.js'
import { createScreen } from '../show/screen.js'
import { createCrew, misusedOr } from './crew.js'
import { addParts } from './parts.js'
import { planUp } from './plan-up.js'

/** Longer than the deadlines of the services one after the other. */
const DRAIN_MS = 75_000

/** Resolves with the exit code. Throws ConfigFault before anything is started. */
export async function up(context: Context, wanted: { readonly demo: boolean }): Promise<ExitCode> {
  const cwd = process.cwd()
  const plan = planUp(readUpConfig(context.env), context.env, { ...wanted, cwd })
  const screen = createScreen(context.stdout)
  const crew = createCrew()
  const lifecycle = createLifecycle()
  const warn = (line: string) => screen.print(line, context.stderr)
  for (const note of plan.notes) warn(note)
  addParts(lifecycle, { context, plan, cwd, screen, warn, crew })
  // However this process ends: a second signal leaves no time to drain. After a drain there is nothing left to kill.
  process.once('exit', () => crew.kill())
  return runUntilSignal({
    lifecycle,
    drainMs: DRAIN_MS,
    ended: crew.died,
    onStopping: () => {
      screen.settle()
      screen.print('Stopping…')
    },
    onFailure: tellOnce(warn),
    onExit: () => crew.kill(),
  })
}

/** A death during the start is met twice: by who waits for the process, and by the crew. */
function tellOnce(warn: (line: string) => void): (error: unknown) => void {
  const told = new Set<string>()
  return (error) => {
    const known = misusedOr(error)
    const message = known instanceof ConfigFault ? known.message : describeError(known)
    if (!told.has(message)) warn(message)
    told.add(message)
  }
}
