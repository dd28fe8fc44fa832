/**
 * A small stock of established connections, so that a permit isn't spent on waiting for a handshake. Each one taken is
 * replaced in the background; one that the server closed, or that is too old to trust, is never handed out.
 * Doesn't promise that there is one: then the connection is made on demand. Runs no timer.
 */
import type { Socket } from 'node:net'
import type { Clock } from '@sunpress/core'
import type { buildConnector } from 'undici'

export interface WarmReserve {
  /** For undici's Pool. */
  readonly connect: buildConnector.connector
  /** Connections in stock. */
  idle(): number
  /** Resolves when `n` connections are in stock or have failed; gives how many are. */
  warm(n: number): Promise<number>
  close(): void
}

export interface ReserveTerms {
  /** Makes a connection, TLS included. */
  readonly connect: buildConnector.connector
  /** Where to; undici asks for nothing else. */
  readonly target: buildConnector.Options
  /** Connections to keep in stock once the first was taken. */
  readonly size: number
  /** Older ones may have been dropped by a middlebox without a word. */
  readonly maxIdleMs: number
  readonly clock: Pick<Clock, 'monotonic'>
}

interface Kept {
  readonly socket: Socket
  readonly sinceMs: number
  readonly forget: () => void
}

export function createWarmReserve(terms: ReserveTerms): WarmReserve {
  const kept = new Set<Kept>()
  const opening = new Set<Promise<void>>()
  let closed = false

  const keep = (socket: Socket): void => {
    const forget = () => {
      kept.delete(entry)
      socket.off('end', drop).off('close', forget)
    }
    const drop = () => {
      forget()
      socket.destroy()
    }
    const entry: Kept = { socket, sinceMs: terms.clock.monotonic(), forget }
    socket.once('end', drop).once('close', forget)
    kept.add(entry)
  }

  const open = (): void => {
    const opened = new Promise<void>((resolve) => {
      terms.connect(terms.target, (error, socket) => {
        if (error === null && closed) socket.destroy()
        else if (error === null && !socket.destroyed) keep(socket)
        resolve()
      })
    })
    opening.add(opened)
    void opened.then(() => opening.delete(opened))
  }

  const fillTo = (size: number): void => {
    while (!closed && kept.size + opening.size < size) open()
  }

  /** The youngest: the one least likely to be dead without our knowing. */
  const take = (): Socket | null => {
    let youngest: Kept | null = null
    for (const entry of kept) {
      if (terms.clock.monotonic() - entry.sinceMs > terms.maxIdleMs) entry.socket.destroy()
      else youngest = entry
      if (entry.socket.destroyed) entry.forget()
    }
    youngest?.forget()
    return youngest?.socket ?? null
  }

  return {
    connect(options, callback) {
      const socket = take()
      fillTo(terms.size)
      if (socket === null) return terms.connect(options, callback)
      // Never in the same tick: undici would miss a connection made while it is asking for one.
      queueMicrotask(() => (socket.destroyed ? terms.connect(options, callback) : callback(null, socket)))
    },
    idle: () => kept.size,
    async warm(n) {
      fillTo(n)
      await Promise.all(opening)
      return kept.size
    },
    close() {
      closed = true
      for (const { socket } of kept) socket.destroy()
    },
  }
}
