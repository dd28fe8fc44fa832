/** What we must know of the server before we trust it, and which run of it we talk to. */
import { HaltFault, WaitFault } from '@sunpress/core'
import type { Redis } from 'ioredis'
import { asking } from './redis-fault.js'

export interface RedisServer {
  /** Changes with every start of the server and with every failover. */
  readonly runId: string
  readonly version: string
  /** null when the server doesn't tell. */
  readonly maxmemoryPolicy: string | null
}

/** Throws WaitFault naming the address that doesn't answer. */
export async function describeServer(redis: Redis): Promise<RedisServer> {
  const [server, memory] = await asking(() =>
    Promise.all([redis.info('server'), redis.info('memory')]),
  ).catch((fault) => {
    throw fault instanceof WaitFault ? withAddress(fault, redis) : fault
  })
  return {
    runId: fieldOf(server, 'run_id') ?? 'unknown',
    version: fieldOf(server, 'redis_version') ?? '0',
    maxmemoryPolicy: fieldOf(memory, 'maxmemory_policy'),
  }
}

function withAddress(fault: WaitFault, { options }: Redis): WaitFault {
  const { host, port, sentinels } = options
  const at = sentinels?.map((each) => `${each.host}:${each.port}`).join(', ') ?? `${host}:${port}`
  return new WaitFault(fault.code, `${fault.message}. Asked at ${at}, as REDIS_URL says`, fault.afterMs)
}

/** Throws HaltFault for a server that may throw our keys away or that is too old. */
export function checkServer(server: RedisServer): void {
  if (server.maxmemoryPolicy !== null && server.maxmemoryPolicy !== 'noeviction') {
    const got = server.maxmemoryPolicy
    throw new HaltFault(
      'redis_evicts',
      `Redis: expected maxmemory-policy noeviction, got ${got}: it would lose jobs`,
    )
  }
  const [major = 0, minor = 0] = server.version.split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new HaltFault('redis_too_old', `Redis: expected version 6.2 or later, got ${server.version}`)
  }
}

function fieldOf(info: string, name: string): string | null {
  const line = info.split('\n').find((text) => text.startsWith(`${name}:`))
  return line === undefined ? null : line.slice(name.length + 1).trim()
}
