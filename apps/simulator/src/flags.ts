/** The command line of `sunpress simulator`. */
import { parseArgs } from 'node:util'
import { InputDefect } from './defect.js'
import { WINDOW_KINDS, type WindowKind } from './window.js'

/** A flag with its default (undefined: none), and what is said about it. */
type Flag = { readonly default: string | undefined; readonly value: string; readonly about: string }

const FLAGS = {
  port: { default: '9470', value: 'N', about: 'port of the simulated api.weixin.qq.com, 0 for any free one' },
  'admin-port': { default: '9471', value: 'N', about: 'port of the admin API, 0 for any free one' },
  host: { default: '127.0.0.1', value: 'ADDRESS', about: 'address to listen on' },
  window: { default: 'clock', value: WINDOW_KINDS.join('|'), about: 'how the limit of a minute is counted' },
  'per-minute': { default: '5000', value: 'N', about: 'calls a minute for each app that names no limit' },
  'latency-ms': { default: '0', value: 'N', about: 'how long each answer waits' },
  'jitter-ms': { default: '0', value: 'N', about: 'up to how much longer, at random' },
  apps: { default: undefined, value: 'FILE', about: 'JSON list of apps; without: any appid and secret' },
  scenario: { default: undefined, value: 'FILE', about: 'JSON list of steps to play; without: none' },
  seed: { default: '1', value: 'N', about: 'of the random numbers' },
} as const satisfies Record<string, Flag>

type FlagName = keyof typeof FLAGS

export type SimulatorFlags = {
  readonly port: number
  readonly portGiven: boolean
  readonly adminPort: number
  readonly adminPortGiven: boolean
  readonly host: string
  readonly window: WindowKind
  readonly perMinute: number
  readonly latencyMs: number
  readonly jitterMs: number
  readonly appsFile: string | undefined
  readonly scenarioFile: string | undefined
  readonly seed: number
}

/** @returns `help` when that is asked for. @throws InputDefect naming the flag. */
export function parseFlags(argv: readonly string[]): SimulatorFlags | 'help' {
  const given = readGiven(argv)
  if (given['help'] === true) return 'help'
  const value = (name: FlagName) => (given[name] as string | undefined) ?? FLAGS[name].default ?? ''
  const whole = (name: FlagName, min: number, max: number) => readWholeFlag(name, value(name), min, max)
  return {
    port: whole('port', 0, 65_535),
    portGiven: given['port'] !== undefined,
    adminPort: whole('admin-port', 0, 65_535),
    adminPortGiven: given['admin-port'] !== undefined,
    host: value('host'),
    window: readWindow(value('window')),
    perMinute: whole('per-minute', 1, 10_000_000),
    latencyMs: whole('latency-ms', 0, 3_600_000),
    jitterMs: whole('jitter-ms', 0, 3_600_000),
    appsFile: given['apps'] as string | undefined,
    scenarioFile: given['scenario'] as string | undefined,
    seed: whole('seed', 0, 2 ** 32 - 1),
  }
}

export function usage(): string {
  const lines = Object.entries(FLAGS).map(([name, flag]: [string, Flag]) => {
    const shown = flag.default === undefined ? '' : ` (${flag.default})`
    return `  --${name} ${flag.value}\n      ${flag.about}${shown}\n`
  })
  return `sunpress simulator: a WeChat to test against\n\n${lines.join('')}`
}

function readGiven(argv: readonly string[]): Record<string, string | boolean | undefined> {
  const names = Object.keys(FLAGS).map((name) => [name, { type: 'string' as const }])
  const options = { ...Object.fromEntries(names), help: { type: 'boolean' as const, short: 'h' } }
  try {
    const parsed = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false })
    return parsed.values as Record<string, string | boolean | undefined>
  } catch (cause) {
    const flag = argv.find((word) => (cause as Error).message.includes(word.split('=')[0] ?? word))
    const known = Object.keys(options).map((name) => `--${name}`)
    const expected = `a flag among ${known.join(', ')}, with its value (${(cause as Error).message})`
    throw new InputDefect(flag ?? 'arguments', expected, argv.join(' '))
  }
}

function readWholeFlag(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) {
    throw new InputDefect(`--${name}`, `a whole number from ${min} to ${max}`, text)
  }
  return value
}

function readWindow(text: string): WindowKind {
  const kind = WINDOW_KINDS.find((candidate) => candidate === text)
  if (kind === undefined) throw new InputDefect('--window', `one of ${WINDOW_KINDS.join(', ')}`, text)
  return kind
}
