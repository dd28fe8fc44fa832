/** `sunpress producer`: one process, from its environment to its exit code. */
import {
  type Environment,
  type ExitCode,
  loadApps,
  openAppBook,
  readProducerConfig,
  runService,
} from '@sunpress/runtime'
import { createLogger, createScrub, observeApps, secretsIn } from '@sunpress/telemetry'
import { composeProducer, type ProducerOverrides } from './compose.js'

export interface RunIo {
  readonly stderr: { write(text: string): unknown }
  /** For a test's own main. */
  readonly overrides?: ProducerOverrides
}

/** Resolves when the producer has ended. */
export function run(
  argv: readonly string[],
  env: Environment,
  io: RunIo = { stderr: process.stderr },
): Promise<ExitCode> {
  const { stderr, overrides = {} } = io
  const scrub = createScrub()
  return runService({
    ...{ role: 'producer', argv, stderr, scrub },
    open() {
      const config = readProducerConfig(env)
      for (const secret of secretsIn(config)) scrub.register(secret)
      const log = createLogger({ role: 'producer', level: config.logLevel, scrub })
      const load = () => loadApps(config, env)
      for (const secret of secretsIn(load())) scrub.register(secret)
      const apps = openAppBook(load, observeApps(log, scrub))
      const lifecycle = composeProducer({ config, apps, logger: log, env, overrides })
      return { lifecycle, tethered: config.tether !== null, log }
    },
  })
}
