/** `sunpress <role>` as its users run it: a process of its own, from its environment to its exit code. Needs a build. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { spawnTethered, type Tethered } from '../services/tether.mjs'

export const BIN = fileURLToPath(new URL('../../apps/cli/bin/sunpress.js', import.meta.url))

export type Role = 'producer' | 'worker' | 'simulator'
export type Environment = Readonly<Record<string, string>>

export interface Service extends Tethered {
  /** From its ready line. */
  readonly url: string
  readonly metricsUrl: string
  readonly adminUrl: string
  /** All that it has written, also what `output` has forgotten. */
  readonly everything: () => string
}

export interface ServiceOptions {
  readonly args?: readonly string[]
  readonly env?: Environment
  readonly cwd?: string
  /** Goes before the command. */
  readonly before?: readonly string[]
  /** By default this Node with our command. */
  readonly command?: readonly string[]
}

/** Resolves when it says that it is ready; rejects with its output when it ends before. */
export async function startService(role: Role, options: ServiceOptions = {}): Promise<Service> {
  const { args = [], env = {}, before = [], command = [process.execPath, BIN], cwd } = options
  const written: string[] = []
  const tethered = spawnTethered([...before, ...command, role, ...args], {
    env: { ...NOTHING_OF_OURS, ...env },
    onOutput: (text) => written.push(text),
    ...(cwd === undefined ? {} : { cwd }),
  })
  const everything = (): string => written.join('')
  await tethered.wrote(READY)
  const { url = '', metricsUrl = '', adminUrl = '' } = readyFacts(everything())
  return { ...tethered, url, metricsUrl, adminUrl, everything }
}

export interface Ended {
  /** null when it had to be killed: it didn't end by itself. */
  readonly code: number | null
  readonly output: string
}

/** How soon is no promise: one that hangs is told apart from a slow machine, and before the test's own time is over. */
const MUST_END_WITHIN_MS = 50_000

/** For a start that fails: resolves when the process has ended. */
export function runToEnd(
  role: Role,
  env: Environment,
  args: readonly string[] = [],
  before: readonly string[] = [],
): Promise<Ended> {
  const [program = '', ...words] = [...before, process.execPath, BIN, role, ...args]
  const options = {
    env: { ...process.env, ...NOTHING_OF_OURS, ...env },
    timeout: MUST_END_WITHIN_MS,
    killSignal: 'SIGKILL' as const,
  }
  return new Promise((resolve) => {
    const child = execFile(program, words, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}

const READY = /^\{.*"msg":"ready".*\}$/m

const readyFacts = (output: string): Record<string, string> =>
  JSON.parse(READY.exec(output)?.[0] ?? '{}') as Record<string, string>

/** What whoever runs the tests has set up for themselves is not ours. */
const NOTHING_OF_OURS: Record<string, undefined> = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) =>
      /^(SUNPRESS_|WECHAT_|AWS_|REDIS_URL$|PORT$|HOST$|METRICS_PORT$|LOG_LEVEL$|NODE_OPTIONS$)/.test(name),
    )
    .map((name) => [name, undefined]),
)
