/**
 * A small stock of established connections, so that a permit isn't spent on waiting for a handshake. Each one taken is
 * replaced in the background; one that the server closed, or that is too old to trust, is never handed out.
 * Doesn't promise that there is one: then the connection is made on demand. Runs no timer.
 */
import type { Socket } from 'node:net'
import type { Clock } from '@sunpress/core'
import type { buildConnector } from 'undici'

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
  /** Takes it out of stock; the socket is left as it is. */
  readonly forget: () => void
}

export class WarmReserve {
  readonly #terms: ReserveTerms
  readonly #kept = new Set<Kept>()
  readonly #opening = new Set<Promise<void>>()
  #closed = false

  constructor(terms: ReserveTerms) {
    this.#terms = terms
  }

  /** For undici's Pool. */
  readonly connect: buildConnector.connector = (options, callback) => {
    const socket = this.#take()
    this.#fillTo(this.#terms.size)
    if (socket === null) {
      this.#terms.connect(options, callback)
      return
    }
    // A turn of the event loop, in which an end or reset that has arrived already is seen. Never in the same tick: undici
    // would miss a connection made while it is asking for one.
    setImmediate(() => {
      if (isUsable(socket)) callback(null, socket)
      else this.#terms.connect(options, callback)
    })
  }

  /** Resolves when `n` connections are in stock or have failed; gives how many are. */
  async warm(n: number): Promise<number> {
    this.#fillTo(n)
    await Promise.all(this.#opening)
    return this.#kept.size
  }

  close(): void {
    this.#closed = true
    for (const { socket } of this.#kept) socket.destroy()
  }

  #fillTo(size: number): void {
    while (!this.#closed && this.#kept.size + this.#opening.size < size) this.#open()
  }

  #open(): void {
    const opened = new Promise<void>((resolve) => {
      this.#terms.connect(this.#terms.target, (error, socket) => {
        if (error === null && this.#closed) socket.destroy()
        else if (error === null && isUsable(socket)) this.#keep(socket)
        resolve()
      })
    })
    this.#opening.add(opened)
    void opened.then(() => this.#opening.delete(opened))
  }

  #keep(socket: Socket): void {
    const forget = () => {
      this.#kept.delete(entry)
      socket.off('end', drop).off('close', forget)
    }
    const drop = () => {
      forget()
      socket.destroy()
    }
    const entry: Kept = { socket, sinceMs: this.#terms.clock.monotonic(), forget }
    socket.once('end', drop).once('close', forget)
    this.#kept.add(entry)
  }

  /** The youngest: the one least likely to be dead without our knowing. */
  #take(): Socket | null {
    let youngest: Kept | null = null
    for (const entry of this.#kept) {
      if (this.#terms.clock.monotonic() - entry.sinceMs > this.#terms.maxIdleMs) entry.socket.destroy()
      if (isUsable(entry.socket)) youngest = entry
      else entry.forget()
    }
    youngest?.forget()
    return youngest?.socket ?? null
  }
}

const isUsable = (socket: Socket): boolean => !socket.destroyed && socket.writable && !socket.readableEnded
