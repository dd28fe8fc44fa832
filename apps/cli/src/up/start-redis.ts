/**
 * A Redis of our own on a free port of 127.0.0.1, with its data in a folder that no other Redis may use meanwhile. It writes
 * its log of commands to disk every second; what that loses, the store brings back.
 */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fieldDefect } from '@sunpress/core'
import { ConfigFault } from '@sunpress/runtime'
import { type Child, type ChildOptions, startChild } from './child.js'
import { ChildDied } from './child-died.js'
import type { LogLine, Ready } from './log-line.js'
import { TETHER, WITH_LOCK } from './paths.js'

export interface RedisOptions {
  /** The words of the command: what `findRedis` gave. */
  readonly program: readonly string[]
  readonly folder: string
  /** The setting that led to the folder, as it was written. */
  readonly setting: { readonly name: string; readonly value: string }
  readonly signal: AbortSignal
  readonly child: Pick<ChildOptions, 'env' | 'logFile' | 'show' | 'showFrom'>
}

export interface OwnRedis {
  readonly url: string
  readonly child: Child
}

const ATTEMPTS = 5
/** What with-lock.sh says when the folder is somebody else's. */
const LOCKED = 97

/** Throws ConfigFault when another Redis uses the folder, ChildDied when it doesn't start. */
export async function startRedis(options: RedisOptions): Promise<OwnRedis> {
  await mkdir(options.folder, { recursive: true })
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const child = launch(options, port)
    try {
      await readyOrAborted(child, options.signal)
      return { url: `redis://127.0.0.1:${port}`, child }
    } catch (error) {
      await child.stop()
      if (error instanceof ChildDied && error.code === LOCKED) throw folderTaken(options.setting, error)
      if (attempt === ATTEMPTS || !isPortTaken(error)) throw error
    }
  }
}

function launch({ program, folder, child }: RedisOptions, port: number): Child {
  return startChild({
    ...child,
    role: 'redis',
    command: [
      ...['/bin/sh', WITH_LOCK, join(folder, 'lock')],
      ...['/bin/sh', TETHER],
      ...program,
      ...redisArguments(port, folder),
    ],
    readiness,
    graceMs: 10_000,
  })
}

export const redisArguments = (port: number, folder: string): readonly string[] => [
  ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--daemonize', 'no'],
  ...['--maxmemory-policy', 'noeviction', '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
  // Small jobs stay packed. The old name of hash-max-listpack-value, which Redis 6.2 knows too.
  ...['--hash-max-ziplist-value', '512'],
]

const readiness = ({ text }: LogLine): Ready | null =>
  text.includes('Ready to accept connections') ? { role: 'redis' } : null

/** A port can be taken between finding it free and listening on it. */
const isPortTaken = (error: unknown): boolean =>
  error instanceof ChildDied && error.message.includes('Address already in use')

function folderTaken({ name, value }: RedisOptions['setting'], cause: ChildDied): ConfigFault {
  const expected = `a folder that no other \`sunpress up\` is using; stop that one, or name another folder`
  return new ConfigFault('data', [fieldDefect(name, 'taken', expected, value)], { cause })
}

/** Rejects with the signal's reason when that comes first. The child is the caller's to stop. */
export function readyOrAborted(child: Child, signal: AbortSignal): Promise<Ready> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([child.ready, aborted])
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
