/** The built command as its users run it: a process, its output, its end. What is left running at the end of a test is killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const BIN = fileURLToPath(new URL('../../bin/sunpress.js', import.meta.url))

export interface Run {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits for a match in what it writes; rejects with all of that when it ends first. */
  wrote(sign: RegExp): Promise<RegExpExecArray>
  /** Resolves with the exit code, null when a signal ended it. */
  readonly exited: Promise<number | null>
}

export interface SpawnOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  readonly stdin?: string
  readonly command?: readonly string[]
  /** Takes what is to be done when it is needed no more; by default that is at the end of the test. */
  readonly atEnd?: AtEnd
}

export type AtEnd = (end: () => void | Promise<void>) => void

export function spawnSunpress(args: readonly string[], options: SpawnOptions): Run {
  const [program = '', ...before] = options.command ?? [process.execPath, BIN]
  const env = { ...ownEnvironment(), ...options.env }
  const child = spawn(program, [...before, ...args], { cwd: options.cwd, env, stdio: 'pipe' })
  child.stdin.end(options.stdin ?? '')
  child.stdin.on('error', () => undefined)
  const written = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
      for (const look of watchers) look()
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const wrote = (sign: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = sign.exec(written.stdout + written.stderr)
        if (found !== null) resolve(found)
      }
      watchers.add(look)
      look()
      const all = (code: number | null) => `exit ${code}\n${written.stdout}${written.stderr}`
      exited.then((code) => reject(new Error(`ended before it wrote ${sign}: ${all(code)}`)), reject)
    })
  const { atEnd = onTestFinished } = options
  atEnd(() => void child.kill('SIGKILL'))
  return { child, stdout: () => written.stdout, stderr: () => written.stderr, wrote, exited }
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export async function runSunpress(args: readonly string[], options: SpawnOptions): Promise<Ended> {
  const run = spawnSunpress(args, options)
  const code = await run.exited
  return { code, stdout: run.stdout(), stderr: run.stderr() }
}

/** Nothing of what whoever runs the tests has set up for themselves. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(SUNPRESS_|WECHAT_|AWS_|REDIS_URL$|PORT$|HOST$|METRICS_PORT$|LOG_LEVEL$|NODE_OPTIONS$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
}

/** Pids of all that works in a folder: what `up` starts stays in the folder that it was started in. */
export function pidsWithin(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)
      } catch {
        return false
      }
    })
    .map(Number)
}
