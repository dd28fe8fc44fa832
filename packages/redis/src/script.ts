/**
 * One Lua file per atomic operation. A script holds no literal key; its time is Redis's own.
 * `run` asks by digest and falls back to the source once a server has not seen it.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { asking } from './redis-fault.js'

export interface Script {
  readonly name: string
  readonly source: string
  readonly sha: string
}

/** Reads `lua/<name>.lua` beside the calling package's src or dist: pass `import.meta.url`. */
export function readScript(name: string, callerUrl: string): Script {
  const source = readFileSync(new URL(`../lua/${name}.lua`, callerUrl), 'utf8')
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}

export type ScriptArgument = string | number | Buffer

/** The script's reply as ioredis gives it. Throws WaitFault `redis_unavailable` when it could not run. */
export function runScript(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  return asking(async () => {
    try {
      return await redis.evalsha(script.sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return await redis.eval(script.source, keys.length, ...keys, ...args)
    }
  })
}
