// @ts-check
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Above those that are set aside, and most that programs have of their own. */
const FIRST = 20_000
const MOST_TRIES = 1_000

/**
 * A port of 127.0.0.1 that was free a moment ago, below those that the system gives to whoever asks for any: so nobody is given it
 * meanwhile, nor while a server that is to come back on it is down. Doesn't promise that nobody else has drawn it: who listens on it
 * tries again.
 * @returns {Promise<number>}
 */
export async function freePort() {
  const given = firstGiven()
  for (let tries = 1; ; tries++) {
    const port = FIRST + Math.floor(Math.random() * (given - FIRST))
    try {
      const server = createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      server.close()
      await once(server, 'close')
      return port
    } catch (error) {
      if (tries === MOST_TRIES) throw error
    }
  }
}

/** Where the ports begin that the system gives away; that of Linux where it can't be read. */
function firstGiven() {
  try {
    const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/)
    return Math.max(Number(first), FIRST + MOST_TRIES)
  } catch {
    return 32_768
  }
}
