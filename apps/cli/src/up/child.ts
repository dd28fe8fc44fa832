/**
 * A process that `up` runs: a process group of its own, its output in a log file, its warnings passed on. It ends when it is
 * stopped, and when `up` dies, be it by kill -9: its file descriptor 3 is a pipe that closes then (runtime's tether, or
 * tether.sh for programs that know of none).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { ChildDied } from './child-died.js'
import { INFO, type LogLine, parseLogLine, type Ready, WARN } from './log-line.js'

export interface ChildOptions {
  readonly role: string
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  /** The level from which lines are passed on. */
  readonly showFrom: number
  readonly show: (line: string) => void
  /** Given each line of stdout; what it gives first is what the child is ready with. */
  readonly readiness?: (line: LogLine) => Ready | null
  /** Between SIGTERM and SIGKILL. Longer than the services' own deadline. */
  readonly graceMs?: number
}

export interface Child {
  readonly role: string
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
const KEPT_LINES = 20

export function startChild(options: ChildOptions): Child {
  const [program = '', ...args] = options.command
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...options.env, TETHER_REMOVE: '' },
  })
  const tether = child.stdio[3] as Socket
  tether.on('error', () => undefined) // the far end may be gone already
  const released = new Promise((resolve) => tether.resume().once('close', resolve))
  const { ready, unseen } = readOutput(child, options)
  let stopping = false
  const ended = endOf(child).then((end) => {
    if (!tether.writableEnded) tether.end('keep\n')
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
  return { role: options.role, ready: readyOrGone, died, stop, kill }
}

export type End = { readonly code: number | null; readonly signal: string | null; readonly error?: Error }

/** Settles when all that it wrote has been read; also when it couldn't be started. */
const endOf = (child: ChildProcess): Promise<End> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ended in this very moment
  }
}

function readOutput(child: ChildProcess, options: ChildOptions) {
  const log = createWriteStream(options.logFile, { flags: 'a' })
  log.on('error', (error) => options.show(`${options.role}: no log is kept: ${error.message}`))
  const unseen: string[] = []
  const take = (line: LogLine): void => {
    if (line.level >= options.showFrom) options.show(`${options.role}: ${line.text}`)
    else if (unseen.push(line.text) > KEPT_LINES) unseen.shift()
  }
  const ready = new Promise<Ready>((resolve) => {
    eachLine(child.stdout, (text) => {
      log.write(`${text}\n`)
      const line = parseLogLine(text, INFO)
      take(line)
      const said = (options.readiness ?? ((read) => read.ready))(line)
      if (said !== null) resolve(said)
    })
  })
  eachLine(child.stderr, (text) => {
    log.write(`${text}\n`)
    take(parseLogLine(text, WARN))
  })
  child.once('close', () => log.end())
  return { ready, unseen: () => [...unseen] }
}

function eachLine(stream: Readable | null, take: (line: string) => void): void {
  if (stream !== null)
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', take)
}
