/**
 * A service from its start to its exit code. The first SIGTERM or SIGINT drains, to a deadline; what is left then is
 * aborted. Another signal ends it now. Leaves the exit itself to the caller: nothing is cut off on the good path.
 * To be called once in a process: it goes on listening to signals.
 */
import { setMaxListeners } from 'node:events'
import type { Clock } from '@sunpress/core'
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.js'
import type { Lifecycle } from './lifecycle.js'
import { systemClock } from './system-clock.js'

export interface RunOptions {
  readonly lifecycle: Lifecycle
  /** How long draining may take. */
  readonly drainMs?: number
  /** Ends the run by itself: resolves with its exit code, or rejects, as when a worker meets a halt. */
  readonly ended?: Promise<ExitCode>
  /** Aborted as if a first signal had come: the tether. */
  readonly cut?: AbortSignal
  readonly onStopping?: (why: string) => void
  /** Told of what made it fail; the exit code is the answer to it. */
  readonly onFailure?: (error: unknown) => void
  readonly clock?: Clock
  readonly signals?: SignalSource
  /** The last thing before the process ends without draining to its end. */
  readonly onExit?: () => void
  readonly exit?: (code: ExitCode) => void
}

export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: string) => void): unknown
}

const DRAIN_MS = 25_000
/** npm and a terminal both deliver a Ctrl-C: two signals this close are one. */
const SAME_SIGNAL_MS = 1_000
/** For parts that are to give up what they wait for; beyond it they are taken to hang. */
const ABORT_MS = 3_000

type Reason = { readonly why: string; readonly code: ExitCode }

/** Resolves with the exit code: 0 when drained; 1 when something failed or the deadline passed; 2 for a ConfigFault. */
export async function runUntilSignal(options: RunOptions): Promise<ExitCode> {
  const clock = options.clock ?? systemClock
  const signals = options.signals ?? process
  const end = options.exit ?? ((code) => process.exit(code))
  const exit = (code: ExitCode) => {
    options.onExit?.()
    end(code)
  }
  const watch = watchSignals(clock, signals, options.cut, () => exit(EXIT.failed))
  const failed = (error: unknown): Reason => {
    options.onFailure?.(error)
    return { why: 'failure', code: exitCodeOf(error) }
  }
  const ended = options.ended?.then((code): Reason => ({ why: 'end', code }), failed)
  let stopping = false
  const notStarted = (error: unknown) => (stopping ? null : failed(error))
  const starting = options.lifecycle.start().then(() => null, notStarted)
  try {
    const all = ended === undefined ? [watch.first] : [watch.first, ended]
    const reason = (await Promise.race([...all, starting])) ?? (await Promise.race(all))
    stopping = true
    options.onStopping?.(reason.why)
    const drained = await drain(options, clock, failed, exit)
    return reason.code === EXIT.done ? drained : reason.code
  } finally {
    watch.close()
  }
}

async function drain(
  { lifecycle, drainMs = DRAIN_MS }: RunOptions,
  clock: Clock,
  failed: (error: unknown) => Reason,
  exit: (code: ExitCode) => void,
): Promise<ExitCode> {
  const hurry = new AbortController()
  // Every lane of every app listens to it, and Node would warn of a leak.
  setMaxListeners(0, hurry.signal)
  const drained = new AbortController()
  const deadline = async () => {
    await clock.sleep(drainMs, drained.signal)
    hurry.abort(new Error('the drain deadline has passed'))
    await clock.sleep(ABORT_MS, drained.signal)
    exit(EXIT.failed)
  }
  const watched = deadline().catch(() => undefined)
  const code = await lifecycle.stop(hurry.signal).then(
    () => (hurry.signal.aborted ? EXIT.failed : EXIT.done),
    (error) => failed(error).code,
  )
  drained.abort()
  await watched
  return code
}

function watchSignals(clock: Clock, signals: SignalSource, cut: AbortSignal | undefined, again: () => void) {
  let firstAtMs: number | null = null
  let resolveFirst: (reason: Reason) => void = () => undefined
  const first = new Promise<Reason>((resolve) => {
    resolveFirst = resolve
  })
  const heard = (signal: string) => {
    const nowMs = clock.monotonic()
    if (firstAtMs === null) {
      firstAtMs = nowMs
      resolveFirst({ why: signal, code: EXIT.done })
    } else if (nowMs - firstAtMs >= SAME_SIGNAL_MS) again()
  }
  const onCut = () => resolveFirst({ why: 'tether', code: EXIT.done })
  signals.on('SIGTERM', heard)
  signals.on('SIGINT', heard)
  if (cut?.aborted === true) onCut()
  cut?.addEventListener('abort', onCut)
  // The listeners stay: without them the second half of a double Ctrl-C would kill a process that is just ending.
  const close = () => {
    firstAtMs ??= clock.monotonic()
    cut?.removeEventListener('abort', onCut)
  }
  return { first, close }
}
