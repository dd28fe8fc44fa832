/** An address that leads to one Redis, and after a failover to another, as a proxy in front of a Sentinel does. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface RedisSwitch {
  readonly url: string
  /** Hangs up, and leads there from now on. */
  lead(port: number): void
  close(): Promise<void>
}

export async function startRedisSwitch(firstPort: number): Promise<RedisSwitch> {
  const sockets = new Set<Socket>()
  let target = firstPort
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    join(near, far)
    join(far, near)
  }).listen(0, '127.0.0.1')

  function join(from: Socket, to: Socket): void {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.pipe(to)
  }

  await once(server, 'listening')
  const address = server.address()
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    lead(port) {
      target = port
      hangUp()
    },
    async close() {
      server.close()
      hangUp()
      await once(server, 'close')
    },
  }
}
