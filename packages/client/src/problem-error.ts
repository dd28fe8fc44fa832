/** What the API refused, and why: RFC 9457. */

export interface FieldError {
  /** Physical line of a streamed body, from 1. */
  readonly line?: number
  /** JSON pointer into the body. */
  readonly pointer?: string
  readonly parameter?: string
  readonly field: string
  readonly rule: string
  readonly value: unknown
  readonly message: string
}

export interface ProblemDetails {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Stable, for programs. */
  readonly code: string
  /** The first 1,000. */
  readonly errors: readonly FieldError[]
  /** All of them. */
  readonly errorCount: number
}

export class ProblemError extends Error implements ProblemDetails {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly errors: readonly FieldError[]
  readonly errorCount: number
  /** When the same request may be sent again; null when the API didn't say. */
  readonly retryAfterMs: number | null

  constructor(details: ProblemDetails, retryAfterMs: number | null) {
    const first = details.errors[0]?.message
    super(`${details.status} ${details.code}: ${details.detail}${first === undefined ? '' : ` ${first}`}`)
    this.name = 'ProblemError'
    this.type = details.type
    this.title = details.title
    this.status = details.status
    this.detail = details.detail
    this.code = details.code
    this.errors = details.errors
    this.errorCount = details.errorCount
    this.retryAfterMs = retryAfterMs
  }
}

/** No answer came, or none that can be read: whether the request had its effect isn't known. `cause` says more. */
export class UnreachableError extends Error {
  constructor(what: string, cause: unknown) {
    super(`no answer to ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'UnreachableError'
  }
}

/** Also for what a proxy in between answers, which is no problem+json. */
export function toProblemError(status: number, body: string, retryAfter: string | undefined): ProblemError {
  const given = parse(body)
  const errors = Array.isArray(given['errors']) ? (given['errors'] as FieldError[]) : []
  const text = (name: string, otherwise: string) =>
    typeof given[name] === 'string' ? given[name] : otherwise
  const details: ProblemDetails = {
    type: text('type', 'about:blank'),
    title: text('title', 'Error'),
    status,
    detail: text('detail', 'The answer says no more.'),
    code: text('code', 'unknown'),
    errors,
    errorCount: typeof given['errorCount'] === 'number' ? given['errorCount'] : errors.length,
  }
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : null
  return new ProblemError(details, seconds === null ? null : seconds * 1_000)
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
