/** A TCP proxy of ours in front of a server: it remembers what went through, and hangs up while it is told to. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface RecordingProxy {
  readonly url: string
  /** All bytes of both directions, connection by connection, as Latin-1. */
  readonly seen: () => string
  /** While true, every connection is reset. */
  cut(broken: boolean): void
  close(): Promise<void>
}

export async function startProxy(target: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const taken: string[][] = []
  let isBroken = false
  const server = createServer((near) => {
    if (isBroken) return void near.resetAndDestroy()
    const far = connect(Number(port), hostname)
    const bytes: string[] = []
    taken.push(bytes)
    join(near, far, bytes)
    join(far, near, bytes)
  }).listen(0, '127.0.0.1')

  function join(from: Socket, to: Socket, bytes: string[]): void {
    sockets.add(from)
    from.on('data', (data) => bytes.push(data.toString('latin1')))
    from.on('error', () => to.resetAndDestroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.pipe(to)
  }

  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    seen: () => taken.map((bytes) => bytes.join('')).join('\n'),
    cut(broken) {
      isBroken = broken
      if (broken) for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
