import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A port that was asked for is taken (or may not be had). */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
  readonly code = 'port_taken'
  readonly port: number

  constructor(port: number, host: string, cause: unknown) {
    super(`port ${port} on ${host} can't be had: ${(cause as Error).message}`, { cause })
    this.port = port
  }
}

/** @param given false: a taken port is passed over for the next free one. */
export type Address = { readonly host: string; readonly port: number; readonly given: boolean }

/** Listens and returns the base URL. Port 0 is any free one. @throws PortTaken */
export async function listen(server: Server, address: Address): Promise<string> {
  const { host, given } = address
  for (let port = address.port; ; port++) {
    try {
      await bind(server, host, port)
      break
    } catch (cause) {
      const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (given || !taken || port >= 65_535) throw new PortTaken(port, host, cause)
    }
  }
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
