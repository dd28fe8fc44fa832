// @ts-check
/**
 * Promises: a real, private Redis on a free port of 127.0.0.1 that evicts nothing and is gone when this process is.
 * Doesn't promise that data outlive a kill, unless `appendonly` is set.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.mjs'
import { claimParts } from './parts.mjs'
import { spawnTethered } from './tether.mjs'

const redisParts = {
  programs: ['redis-server'],
  packages: ['redis-server'],
  instead: 'name a Redis server for tests with REDIS_URL',
}

/**
 * @typedef {object} RedisOptions
 * @property {boolean} [appendonly] keeps data on disk, written every second
 * @property {string} [dir] an existing folder for its data, left alone by stop; by default a temporary one
 * @property {number} [port]
 * @property {string[]} [args] further redis-server arguments, e.g. ['--appendfsync', 'always']
 *
 * @typedef {object} RedisServer
 * @property {string} url
 * @property {number} port
 * @property {string} dir
 * @property {number} pid of redis-server itself; another one after a restart
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill by default SIGKILL; returns when it is dead, data left as they are
 * @property {() => Promise<void>} restart on the same port and folder, ending it with SIGKILL if it runs
 * @property {() => Promise<void>} stop ends it and removes its temporary folder; twice without harm
 * @property {() => string} output the end of its log
 */

/**
 * @param {RedisOptions} [options]
 * @returns {Promise<RedisServer>}
 */
export async function startRedis(options = {}) {
  const before = await claimParts(redisParts)
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'sunpress-redis-')))
  const removeFolder = options.dir === undefined ? { removeFolder: dir } : {}
  /** @param {number} port */
  const launch = async (port) => {
    const server = spawnTethered(
      [...before, 'redis-server', ...redisArguments(port, dir, options)],
      removeFolder,
    )
    await server.wrote('Ready to accept connections').catch(async (error) => {
      await server.kill('SIGKILL')
      throw error
    })
    return server
  }
  let { server, port } = await launchOnFreePort(launch, options.port).catch(async (error) => {
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    throw error
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return server.pid
    },
    output: () => server.output(),
    kill: (signal = 'SIGKILL') => server.kill(signal),
    restart: async () => {
      await server.kill('SIGKILL')
      server = await launch(port)
    },
    stop: () => server.stop(),
  }
}

/** @type {(port: number, dir: string, options: RedisOptions) => string[]} */
function redisArguments(port, dir, options) {
  const fixed = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--dir',
    dir,
    '--save',
    '',
    '--daemonize',
    'no',
  ]
  const kept = ['--maxmemory-policy', 'noeviction', '--appendonly', options.appendonly ? 'yes' : 'no']
  return [...fixed, ...kept, ...(options.args ?? [])]
}

/**
 * A port can be taken between finding it free and listening on it: then another one.
 * @param {(port: number) => Promise<import('./tether.mjs').Tethered>} launch
 * @param {number | undefined} given
 */
async function launchOnFreePort(launch, given) {
  for (let attempt = 1; ; attempt++) {
    const port = given ?? (await freePort())
    try {
      return { port, server: await launch(port) }
    } catch (error) {
      if (given !== undefined || attempt === 5 || !String(error).includes('Address already in use'))
        throw error
    }
  }
}
