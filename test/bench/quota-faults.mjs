// @ts-check
/** What befalls a cell of quota.mjs while it runs. Each is done when a third of its time is over, or every 20 s. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** @typedef {import('./quota-world.mjs').World} World */
/** @typedef {(world: World, key: string, address: Address, signal: AbortSignal) => Promise<void>} Fault */
/** @typedef {Awaited<ReturnType<typeof startAddress>>} Address */

/** Leads to one Redis, and after a failover to another. @param {number} firstPort */
export async function startAddress(firstPort) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  let target = firstPort
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      if (from === undefined || to === undefined) continue
      sockets.add(from.setNoDelay(true))
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from) && to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    /** @param {number} to */
    lead(to) {
      target = to
      hangUp()
    },
    close() {
      server.close()
      hangUp()
    },
  }
}

/** @param {number} byUs @returns {Fault} */
const move = (byUs) => async (world, key) => {
  await world.primaryTo.hincrby(key, 'tat', byUs)
}

/** @type {Record<string, Fault>} */
export const FAULTS = {
  none: async () => {},
  'worker killed / 20 s': async (world, _key, address, signal) => {
    for (;;) {
      await sleep(20_000, undefined, { signal })
      world.killOne(address.url)
    }
  },
  'arrival time +2 s': move(2_000_000),
  'arrival time -2 s': move(-2_000_000),
  'Redis restarted': (world) => world.redis.restart(),
  'failover losing 1 s': async (world, _key, address) => {
    while (!(await world.replicaTo.info('replication')).includes('master_link_status:up')) await sleep(20)
    await world.replicaTo.replicaof('NO', 'ONE')
    await sleep(1_000)
    await world.redis.kill()
    address.lead(world.replica.port)
  },
  'key deleted': async (world, key) => {
    await world.primaryTo.del(key)
  },
}

/** Begun at once, or after a third of the time. */
export const isRepeated = (/** @type {string} */ name) => name === 'worker killed / 20 s'
