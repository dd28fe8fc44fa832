/**
 * One request and its answer, as undici's handler. Collects the body up to a cap, settles once, and is the last to say
 * whether the request may be written: undici calls onRequestStart in the same tick as, and right before, socket.write.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '@sunpress/core'
import type { Dispatcher } from 'undici'
import { type ExchangeState, permitExpired, timedOut, tooLarge, toTransportFault } from './transport-fault.js'

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>
  readonly bytes: Uint8Array
  /** Content-Length; null when there was none. An answer with fewer bytes is never given. */
  readonly declaredLength: number | null
}

export interface ExchangeTerms {
  /** "POST /path", without the query. */
  readonly what: string
  readonly maxBytes: number
  /** On the monotonic clock; Infinity when nothing limits it. */
  readonly notAfterMs: number
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: () => number
}

/** Thrown to undici, never to a caller: it refuses a write and leaves the connection, on which nothing was written, as it is. */
const NOT_WRITTEN = new Error('not written')

export class Exchange implements Dispatcher.DispatchHandler {
  /** Settles once, whatever undici says afterwards. */
  readonly answer: Promise<HttpAnswer>
  readonly #terms: ExchangeTerms
  #resolve: (answer: HttpAnswer) => void = () => {}
  #reject: (reason: unknown) => void = () => {}
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | null = null
  #settled = false
  #received = 0
  #status = 0
  #headers: IncomingHttpHeaders = {}

  constructor(terms: ExchangeTerms) {
    this.#terms = terms
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Ends the exchange now; a request that isn't written yet never will be. */
  abort(reason: unknown): void {
    this.#settle(() => this.#reject(reason))
    this.#controller?.abort(new Error('aborted'))
  }

  expire(): void {
    this.abort(timedOut(this.#state()))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { what, notAfterMs, clock } = this.#terms
    // One permit is one write: undici must not write a request again, whatever happened to its connection.
    if (this.#controller !== null) this.abort(toTransportFault(NOT_WRITTEN, this.#state()))
    else if (clock.monotonic() > notAfterMs) this.abort(permitExpired(what))
    if (this.#settled) throw NOT_WRITTEN
    this.#controller = controller
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    if ((declaredLengthOf(headers) ?? 0) > this.#terms.maxBytes) this.#refuseSize()
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length
    if (this.#received > this.#terms.maxBytes) this.#refuseSize()
    else if (!this.#settled) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#settle(() =>
      this.#resolve({
        status: this.#status,
        headers: this.#headers,
        bytes: Buffer.concat(this.#chunks, this.#received),
        declaredLength: declaredLengthOf(this.#headers),
      }),
    )
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settle(() => this.#reject(toTransportFault(error, this.#state())))
  }

  #refuseSize(): void {
    this.abort(tooLarge(this.#terms.what, this.#terms.maxBytes))
  }

  #settle(tell: () => void): void {
    if (this.#settled) return
    this.#settled = true
    tell()
  }

  #state(): ExchangeState {
    const { what, random } = this.#terms
    return { what, written: this.#controller !== null, answered: this.#status !== 0, random: random() }
  }
}

function declaredLengthOf(headers: IncomingHttpHeaders): number | null {
  const text = headers['content-length']
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : null
}
