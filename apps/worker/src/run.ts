/** `sunpress worker`: one process, from its environment to its exit code. */
import {
  type Environment,
  type ExitCode,
  loadApps,
  openAppBook,
  readWorkerConfig,
  runService,
} from '@sunpress/runtime'
import { createLogger, createScrub, observeApps, secretsIn } from '@sunpress/telemetry'
import { composeWorker, type WorkerOverrides } from './compose.js'

export interface RunIo {
  readonly stderr: { write(text: string): unknown }
  /** For a test's own main. */
  readonly overrides?: WorkerOverrides
}

/** Resolves when the worker has ended. */
export function run(
  argv: readonly string[],
  env: Environment,
  io: RunIo = { stderr: process.stderr },
): Promise<ExitCode> {
  const { stderr, overrides = {} } = io
  const scrub = createScrub()
  return runService({
    ...{ role: 'worker', argv, stderr, scrub },
    open() {
      const config = readWorkerConfig(env)
      for (const secret of secretsIn(config)) scrub.register(secret)
      const log = createLogger({ role: 'worker', level: config.logLevel, scrub })
      const load = () => loadApps(config, env)
      for (const secret of secretsIn(load())) scrub.register(secret)
      const apps = openAppBook(load, observeApps(log, scrub))
      const { lifecycle, halted } = composeWorker({ config, apps, logger: log, overrides })
      return { lifecycle, ended: halted, tethered: config.tether !== null, log }
    },
  })
}
