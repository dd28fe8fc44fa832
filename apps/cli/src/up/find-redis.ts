/** A Redis server to run: from PATH, else unpacked from Debian packages into the cache folder. Installs nothing. */
import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { fieldDefect } from '@sunpress/core'
import { ConfigFault } from '@sunpress/runtime'
import { UNPACK } from './paths.js'

const PROGRAMS = ['redis-server', 'valkey-server'] as const

export interface FindRedisOptions {
  readonly path: string | undefined
  readonly signal: AbortSignal
  /** Told before something that takes seconds. */
  readonly onUnpack: () => void
}

/** The words of the command. Throws ConfigFault that says what to install. */
export async function findRedis({ path, signal, onUnpack }: FindRedisOptions): Promise<readonly string[]> {
  const found = await findProgram(PROGRAMS, path ?? '')
  if (found !== null) return [found]
  onUnpack()
  try {
    const { stdout } = await promisify(execFile)(UNPACK, ['-', 'redis-server'], { signal })
    return [join(stdout.trim(), 'run'), 'redis-server']
  } catch (cause) {
    signal.throwIfAborted()
    const expected = 'a Redis to use, or redis-server or valkey-server on PATH (install Redis 6.2 or later)'
    const defect = fieldDefect('REDIS_URL', 'missing', expected, undefined)
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    const unpacking = { ...defect, field: 'unpack', message: said }
    throw new ConfigFault('Redis', [defect, unpacking], { cause })
  }
}

export async function findProgram(names: readonly string[], path: string): Promise<string | null> {
  for (const name of names) {
    for (const folder of path.split(delimiter).filter((part) => part !== '')) {
      const file = join(folder, name)
      if (
        await access(file, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return file
    }
  }
  return null
}
