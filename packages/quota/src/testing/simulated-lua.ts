/**
 * The permits' real Lua with the server's clock and run id given by the test: time that jumps and servers that restart,
 * without a restart and in no time. Only the two calls that read them are replaced.
 */
import { readFileSync } from 'node:fs'
import type { Redis } from '@sunpress/redis'

export interface SimulatedServer {
  /** Redis's clock, epoch µs. */
  nowUs: number
  runId: string
}

export type Run = (
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

export function simulateLua(redis: Redis, server: SimulatedServer): Run {
  const sources = new Map<string, string>()
  return (script, keys, args) => {
    const source = sources.get(script) ?? toSimulated(script)
    sources.set(script, source)
    const time = [Math.floor(server.nowUs / 1e6), server.nowUs % 1e6, server.runId]
    return redis.eval(source, keys.length, ...keys, ...args, ...time)
  }
}

function toSimulated(script: string): string {
  const source = readFileSync(new URL(`../../lua/${script}.lua`, import.meta.url), 'utf8')
  const simulated = source
    .replaceAll("redis.call('TIME')", '{ARGV[#ARGV - 2], ARGV[#ARGV - 1]}')
    .replaceAll("redis.call('INFO', 'server')", "('run_id:' .. ARGV[#ARGV])")
  if (simulated === source) throw new Error(`${script}.lua no longer asks for the time as this test expects`)
  return simulated
}
