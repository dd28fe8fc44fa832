/** `sunpress producer`: one process, from its environment to its exit code. */
import { isFault } from '@sunpress/core'
import {
  type Environment,
  EXIT,
  type ExitCode,
  endWhenPipeCloses,
  exitCodeOf,
  loadApps,
  readProducerConfig,
  runUntilSignal,
} from '@sunpress/runtime'
import { createLogger, createScrub, secretsIn } from '@sunpress/telemetry'
import { composeProducer, type ProducerOverrides } from './compose.js'

export interface RunIo {
  readonly stderr: { write(text: string): unknown }
  /** For a test's own main. */
  readonly overrides?: ProducerOverrides
}

/** Resolves when the producer has ended. It takes no arguments: everything is in its environment. */
export async function run(
  argv: readonly string[],
  env: Environment,
  io: RunIo = { stderr: process.stderr },
): Promise<ExitCode> {
  if (argv.length > 0) {
    io.stderr.write(`sunpress producer: expected no arguments, got ${argv.join(' ')}\n`)
    return EXIT.misused
  }
  const scrub = createScrub()
  try {
    const config = readProducerConfig(env)
    const apps = loadApps(config, env)
    for (const secret of secretsIn({ config, apps })) scrub.register(secret)
    const logger = createLogger({ role: 'producer', level: config.logLevel, scrub })
    const { overrides } = io
    const tether = config.tether === null ? null : endWhenPipeCloses()
    const code = await runUntilSignal({
      lifecycle: composeProducer({ config, apps, logger, ...(overrides === undefined ? {} : { overrides }) }),
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
