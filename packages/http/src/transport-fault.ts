/**
 * What a failed exchange means for us, and what may be told of it. Pure.
 * Promises that no fault and no cause holds a query string, a header or a body: WeChat wants its token in the URL.
 */
import { RetryFault, WaitFault } from '@sunpress/core'

/** How far an exchange had come when it failed. */
export interface ExchangeState {
  /** "POST /wxa/getwxacodeunlimit": never with its query. */
  readonly what: string
  /** True from the moment at which bytes may have left us: only then is it a call. */
  readonly written: boolean
  /** True when the answer's head had come. */
  readonly answered: boolean
  /** Under 1, for jitter. */
  readonly random: number
}

const UNREACHABLE_MS = { least: 1_000, spread: 4_000 }

/** The permit ran out before anything was written: no call was made. */
export const permitExpired = (what: string): WaitFault =>
  new WaitFault('permit_expired', `${what}: not written, its permit had run out`, 0)

export const tooLarge = (what: string, maxBytes: number): RetryFault =>
  new RetryFault('upstream_too_large', `${what}: the answer is larger than ${maxBytes} bytes`)

export const timedOut = (
  { what, written, random }: ExchangeState,
  cause?: unknown,
): WaitFault | RetryFault =>
  written
    ? new RetryFault('upstream_timeout', `${what}: no whole answer in time`, null, causeOf(cause))
    : unreachable(what, random, cause)

/** Names an error of undici or of the socket. Nothing written costs no attempt: the upstream is away for everybody. */
export function toTransportFault(error: unknown, state: ExchangeState): WaitFault | RetryFault {
  const { what, written, answered, random } = state
  const code = codeOf(error)
  if (code === 'UND_ERR_INVALID_ARG') {
    return new RetryFault('upstream_request_invalid', `${what}: no valid request`, null, causeOf(error))
  }
  if (!written) return unreachable(what, random, error)
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return timedOut(state, error)
  if (isTruncation(error, code, answered)) {
    return new RetryFault('upstream_truncated', `${what}: the answer ends early`, null, causeOf(error))
  }
  if (isParserError(error) || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new RetryFault('upstream_malformed', `${what}: the answer is not HTTP`, null, causeOf(error))
  }
  return new RetryFault('upstream_reset', `${what}: the connection broke`, null, causeOf(error))
}

function unreachable(what: string, random: number, cause: unknown): WaitFault {
  const afterMs = Math.round(UNREACHABLE_MS.least + UNREACHABLE_MS.spread * random)
  return new WaitFault('upstream_unreachable', `${what}: no connection`, afterMs, causeOf(cause))
}

/** Fewer bytes than declared, or an end in the middle of a body: undici has no code of its own for the latter. */
function isTruncation(error: unknown, code: string, answered: boolean): boolean {
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return true
  return answered && (code === 'UND_ERR_SOCKET' || isParserError(error))
}

/** By its name: its code is undefined in undici 7. */
const isParserError = (error: unknown): boolean => error instanceof Error && error.name === 'HTTPParserError'

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** A copy of an error's name, code and message: the original may hold sockets, parsed data or a path. */
function causeOf(error: unknown): { cause?: Error } {
  if (!(error instanceof Error)) return {}
  const cause = new Error(error.message.replace(/\?\S*/g, '?[query]').slice(0, 300))
  cause.name = error.name
  const code = codeOf(error)
  return { cause: code === '' ? cause : Object.assign(cause, { code }) }
}
