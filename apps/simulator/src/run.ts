/** `sunpress simulator` as a process: flags in, one ready line out, a clean stop on a signal. */
import { readFile } from 'node:fs/promises'
import { type AppsConfig, DEFAULT_SWITCHES } from './app-config.js'
import { InputDefect } from './defect.js'
import { readJson } from './fields.js'
import { parseFlags, type SimulatorFlags, usage } from './flags.js'
import { PortTaken } from './listen.js'
import { parseAppsFile } from './read-switches.js'
import { type Simulator, startAt } from './simulator.js'

/** Where a run writes, and what stops it besides SIGTERM and SIGINT. */
export type RunIo = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly signal?: AbortSignal
}

/**
 * Runs until it is told to stop. Resolves to the exit code: 0 stopped, 1 failed, 2 wrong usage or a port that can't be had.
 * @param _env no variable is read; taken so that every command has one shape.
 */
export async function run(argv: string[], _env: NodeJS.ProcessEnv, io: RunIo = process): Promise<number> {
  try {
    const flags = parseFlags(argv)
    if (flags === 'help') {
      io.stdout.write(usage())
      return 0
    }
    const stop = stopSignal(io.signal)
    try {
      return await serve(await start(flags), io, stop.signal)
    } finally {
      stop.forget()
    }
  } catch (fault) {
    io.stderr.write(`sunpress simulator: ${(fault as Error).message}\n`)
    return fault instanceof InputDefect || fault instanceof PortTaken ? 2 : 1
  }
}

async function start(flags: SimulatorFlags): Promise<Simulator> {
  const { host, window, latencyMs, jitterMs, seed } = flags
  const options = {
    window,
    latencyMs,
    jitterMs,
    seed,
    ...(await readApps(flags)),
    ...(await readSteps(flags)),
  }
  return startAt(
    options,
    { host, port: flags.port, given: flags.portGiven },
    { host, port: flags.adminPort, given: flags.adminPortGiven },
  )
}

async function readApps({ appsFile, perMinute }: SimulatorFlags): Promise<AppsConfig> {
  const defaults = { ...DEFAULT_SWITCHES, perMinute }
  if (appsFile === undefined) return { defaults }
  return parseAppsFile(await readText('--apps', appsFile), defaults)
}

async function readSteps({ scenarioFile }: SimulatorFlags): Promise<{ scenario?: unknown }> {
  if (scenarioFile === undefined) return {}
  return { scenario: readJson(await readText('--scenario', scenarioFile), 'the scenario file') }
}

function readText(flag: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new InputDefect(flag, `a file that can be read (${cause.message})`, file)
  })
}

async function serve(simulator: Simulator, io: RunIo, stop: AbortSignal): Promise<number> {
  const { url, adminUrl } = simulator
  io.stdout.write(`${JSON.stringify({ msg: 'ready', role: 'simulator', url, adminUrl })}\n`)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  await simulator.close()
  return 0
}

/** Aborts at SIGTERM, SIGINT or the caller's own signal. `forget` takes the listeners away. */
function stopSignal(outer: AbortSignal | undefined): { signal: AbortSignal; forget(): void } {
  const stop = new AbortController()
  const abort = () => stop.abort()
  process.on('SIGTERM', abort)
  process.on('SIGINT', abort)
  outer?.addEventListener('abort', abort, { once: true })
  if (outer?.aborted) abort()
  const forget = () => {
    process.off('SIGTERM', abort)
    process.off('SIGINT', abort)
    outer?.removeEventListener('abort', abort)
  }
  return { signal: stop.signal, forget }
}
