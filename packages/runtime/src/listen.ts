/** Where a server listens: 0 takes any free port; a port that was asked for is taken or refused; a default gives way. */
import type { Server } from 'node:net'
import { fieldDefect } from '@sunpress/core'
import { ConfigFault } from './config-fault.js'
import { httpUrl } from './host.js'
import type { PortChoice } from './parsers.js'

export interface ListenOptions extends PortChoice {
  readonly host: string
  /** The variable or flag that the port came by, for the fault. */
  readonly name: string
}

export interface Listening {
  readonly port: number
  readonly url: string
}

/** Listens once; gives the port it got, rejects with Node's error. */
export type Listen = (at: { readonly host: string; readonly port: number }) => Promise<number>

const TRIED_PORTS = 100

/** Throws ConfigFault naming the port, or the host, that can't be listened on. */
export async function listenOn(target: Server | Listen, options: ListenOptions): Promise<Listening> {
  const listen = typeof target === 'function' ? target : listenerOf(target)
  const { host } = options
  const last = Math.min(
    65_535,
    options.given || options.port === 0 ? options.port : options.port + TRIED_PORTS,
  )
  for (let port = options.port; ; port++) {
    try {
      const got = await listen({ host, port })
      return { port: got, url: httpUrl(host, got) }
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE' || port >= last) throw toFault(error, options, port)
    }
  }
}

const listenerOf =
  (server: Server): Listen =>
  ({ host, port }) =>
    new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        server.off('error', settle).off('listening', settle)
        const address = server.address()
        if (error !== undefined) reject(error)
        else resolve(typeof address === 'object' && address !== null ? address.port : port)
      }
      server.once('error', settle).once('listening', settle)
      server.listen({ host, port })
    })

function toFault(error: unknown, { host, name, given }: ListenOptions, port: number): unknown {
  const cause = { cause: error }
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new ConfigFault(
        'listening',
        [fieldDefect(name, 'taken', given ? 'a free port' : 'a free port near it', port)],
        cause,
      )
    case 'EACCES':
      return new ConfigFault(
        'listening',
        [fieldDefect(name, 'forbidden', 'a port that we may listen on', port)],
        cause,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigFault(
        'listening',
        [fieldDefect('HOST', 'unavailable', 'an address of this machine', host)],
        cause,
      )
    default:
      return error
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
