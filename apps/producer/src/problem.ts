/** Every error that leaves the API is one of these: RFC 9457 problem details with a stable `code`, and no secret in them. */
import { STATUS_CODES } from 'node:http'
import {
  type FieldDefect,
  fieldDefect,
  isAppId,
  isCampaignId,
  isCodeId,
  isFault,
  showValue,
} from '@sunpress/core'
import { APP_PURGING } from '@sunpress/ledger'

export type ProblemError = FieldDefect &
  ({ readonly line?: number } & { readonly pointer?: string } & { readonly parameter?: string })

export interface ProblemOptions {
  readonly errors?: readonly ProblemError[]
  /** How many there are, when `errors` holds only the first of them. */
  readonly errorCount?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly errors: readonly ProblemError[] | null
  readonly errorCount: number

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
    this.errors = options.errors?.slice(0, MOST_ERRORS) ?? null
    this.errorCount = options.errorCount ?? options.errors?.length ?? 0
  }

  toJSON(): object {
    return {
      type: `urn:sunpress:problem:${this.code}`,
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.errors === null ? {} : { errors: this.errors.map(shown), errorCount: this.errorCount }),
    }
  }
}

/** In one answer; `errorCount` tells of the rest. */
export const MOST_ERRORS = 1_000

/** Objects and lists come back as a short text: an answer isn't longer than it has to be. */
const shown = (error: ProblemError): ProblemError => ({
  ...error,
  value:
    typeof error.value === 'object' && error.value !== null ? showValue(error.value) : (error.value ?? null),
})

export const invalid = (
  detail: string,
  errors: readonly ProblemError[],
  errorCount = errors.length,
): Problem => new Problem(422, 'invalid', detail, { errors, errorCount })

export const badRequest = (code: string, detail: string, errors?: readonly ProblemError[]): Problem =>
  new Problem(400, code, detail, errors === undefined ? {} : { errors })

/** Of a list's query. */
export function badCursor(cursor: string): Problem {
  const defect = fieldDefect('cursor', 'format', 'a nextCursor of this list', cursor)
  return badRequest('bad_cursor', 'The cursor is not one of this list.', [{ parameter: 'cursor', ...defect }])
}

export const notFound = (detail: string): Problem => new Problem(404, 'not_found', detail)

/**
 * `what` in words, and the id that was asked for, if it has the shape of one: whoever has many of them sees which. Anything else in
 * a path may be a secret that was pasted there, and is not repeated.
 */
export const noSuch = (what: string, id: string): Problem =>
  notFound(
    isAppId(id) || isCampaignId(id) || isCodeId(id)
      ? `There is no ${what} "${id}".`
      : `There is no such ${what}.`,
  )

/** What was thrown, as a problem: our own, the framework's, a fault of an adapter, or a bug. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (isFault(thrown)) return faultProblem(thrown)
  return (
    frameworkProblem(thrown) ?? new Problem(500, 'internal', 'Something went wrong here.', { cause: thrown })
  )
}

const RETRY_AFTER = { 'retry-after': '2' }

function faultProblem(
  fault: Extract<unknown, { kind: string; code: string }> | { kind: string; code: string },
) {
  if (fault.kind === 'halt') {
    return new Problem(500, 'internal', `This service cannot work: ${fault.code}.`, { cause: fault })
  }
  if (fault.code === APP_PURGING) return appPurging(fault)
  const detail = `Not now: ${fault.code}. The same request may be sent again.`
  return new Problem(503, 'unavailable', detail, { cause: fault, headers: RETRY_AFTER })
}

/** 503, as everything that passes by itself; an Idempotency-Key keeps its campaign. */
const appPurging = (cause: unknown): Problem =>
  new Problem(
    503,
    APP_PURGING,
    'Pictures of this app are being purged: no campaign of it is opened until that has ended. The same request may be sent again.',
    { cause, headers: { 'retry-after': '30' } },
  )

/** Nobody's failure: there is no room, or somebody else is at work. */
export const isOnlyBusy = ({ code }: Problem): boolean => code === 'busy' || code === APP_PURGING

const TITLES: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    413,
    'too_large',
    'A JSON request may have 10 MB. Send more scenes as a stream: text/csv or application/x-ndjson, with the other fields as query parameters.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'cut_off', 'The body is not as long as its Content-Length says.'],
  FST_ERR_BAD_URL: [400, 'bad_url', 'The path is not well-formed.'],
  FST_ERR_MAX_PARAM_LENGTH: [404, 'not_found', 'There is nothing under this path.'],
}

function frameworkProblem(thrown: unknown): Problem | null {
  if (typeof thrown !== 'object' || thrown === null) return null
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown }
  const known = typeof code === 'string' ? TITLES[code] : undefined
  if (known !== undefined) return new Problem(...known, { cause: thrown })
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return null
  return new Problem(statusCode, 'bad_request', 'The request is not one that can be answered.', {
    cause: thrown,
  })
}
