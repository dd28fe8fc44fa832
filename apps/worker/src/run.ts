/** `sunpress worker`: one process, from its environment to its exit code. */
import { isFault } from '@sunpress/core'
import {
  type Environment,
  EXIT,
  type ExitCode,
  endWhenPipeCloses,
  exitCodeOf,
  loadApps,
  readWorkerConfig,
  runUntilSignal,
} from '@sunpress/runtime'
import { createLogger, createScrub, secretsIn } from '@sunpress/telemetry'
import { composeWorker, type WorkerOverrides } from './compose.js'

export interface RunIo {
  readonly stderr: { write(text: string): unknown }
  /** For a test's own main. */
  readonly overrides?: WorkerOverrides
}

/** Resolves when the worker has ended. It takes no arguments: everything is in its environment. */
export async function run(
  argv: readonly string[],
  env: Environment,
  io: RunIo = { stderr: process.stderr },
): Promise<ExitCode> {
  if (argv.length > 0) {
    io.stderr.write(`sunpress worker: expected no arguments, got ${argv.join(' ')}\n`)
    return EXIT.misused
  }
  const scrub = createScrub()
  try {
    const config = readWorkerConfig(env)
    const apps = loadApps(config, env)
    for (const secret of secretsIn({ config, apps })) scrub.register(secret)
    const logger = createLogger({ role: 'worker', level: config.logLevel, scrub })
    const { overrides } = io
    const service = composeWorker({ config, apps, logger, ...(overrides === undefined ? {} : { overrides }) })
    const tether = config.tether === null ? null : endWhenPipeCloses()
    const code = await runUntilSignal({
      lifecycle: service.lifecycle,
      ended: service.halted,
      onStopping: (why) => logger.info({ why }, 'stopping'),
      onFailure: (fault) => logger.fatal({ fault }, isFault(fault) ? fault.message : 'failed'),
      ...(tether === null ? {} : { cut: tether.cut }),
    })
    tether?.release()
    return code
  } catch (fault) {
    io.stderr.write(`${scrub(fault instanceof Error ? fault.message : String(fault))}\n`)
    return fault instanceof Error ? exitCodeOf(fault) : EXIT.failed
  }
}
