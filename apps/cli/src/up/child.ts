/**
 * A process that `up` runs: a process group of its own, its output in a log file, its warnings passed on. It ends when it is
 * stopped, and when `up` dies, be it by kill -9: its file descriptor 3 is a pipe that closes then (runtime's tether, or
 * tether.sh for programs that know of none).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { ChildDied } from './child-died.js'
import { type OutputOptions, readOutput } from './child-output.js'
import type { Ready } from './log-line.js'

export interface ChildOptions extends OutputOptions {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Children that it needs to end well: when `up` is killed, they stay until it is gone too. */
  readonly needs?: readonly Child[]
  /** Between SIGTERM and SIGKILL. Longer than the services' own deadline. */
  readonly graceMs?: number
}

export interface Child {
  readonly role: string
  /** Our end of the pipe on its file descriptor 3. */
  readonly tether: Socket
  /** Rejects with ChildDied when it ends first. */
  readonly ready: Promise<Ready>
  /** Rejects with ChildDied when it ends though nobody has stopped it; else stays pending. */
  readonly died: Promise<never>
  /** Resolves when it, and its tether, are gone. Twice without harm. */
  stop(hurry?: AbortSignal): Promise<void>
  /** SIGKILL to its whole group. */
  kill(): void
}

const GRACE_MS = 30_000

export function startChild(options: ChildOptions): Child {
  const [program = '', ...args] = options.command
  const child = spawn(program, args, {
    detached: true,
    // Our end of another child's tether, open in this child as well, closes with the last of us.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(options.needs ?? []).map((child) => child.tether)],
    env: { ...options.env, TETHER_REMOVE: '' },
  })
  // Node stops reading from what it passes on; without reading nobody sees the far end close.
  for (const { tether: passedOn } of options.needs ?? []) passedOn.resume()
  const tether = child.stdio[3] as Socket
  tether.on('error', () => undefined) // the far end may be gone already
  const released = new Promise((resolve) => tether.resume().once('close', resolve))
  const { ready, unseen, read } = readOutput(child, options)
  let stopping = false
  const ended = endOf(child).then(async (end) => {
    if (!tether.writableEnded) tether.end('keep\n')
    await read
    return end
  })
  const gone = ended.then((end) => {
    throw new ChildDied(options.role, end, options.logFile, unseen())
  })
  const died = gone.catch((error: unknown) =>
    stopping ? new Promise<never>(() => undefined) : Promise.reject(error),
  )
  const kill = () => killGroup(child)
  const stop = async (hurry?: AbortSignal): Promise<void> => {
    stopping = true
    child.kill('SIGTERM')
    const grace = setTimeout(kill, options.graceMs ?? GRACE_MS)
    hurry?.addEventListener('abort', kill)
    if (hurry?.aborted === true) kill()
    await ended
    clearTimeout(grace)
    hurry?.removeEventListener('abort', kill)
    await released
  }
  const readyOrGone = Promise.race([ready, gone])
  for (const promise of [readyOrGone, died]) promise.catch(() => undefined)
  return { role: options.role, tether, ready: readyOrGone, died, stop, kill }
}

export type End = { readonly code: number | null; readonly signal: string | null; readonly error?: Error }

/** Also when it couldn't be started. Not 'close': that waits for the tether too, which is ours to let go. */
const endOf = (child: ChildProcess): Promise<End> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ended in this very moment
  }
}
