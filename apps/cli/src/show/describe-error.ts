/** What went wrong, as a person at a terminal wants to read it. Pure. */
import { type FieldError, ProblemError, UnreachableError } from '@sunpress/client'

const SHOWN_ERRORS = 20

export function describeError(error: unknown): string {
  if (error instanceof ProblemError) return describeProblem(error)
  if (error instanceof UnreachableError) {
    return `${error.message}\nStart a producer (npx sunpress up), or say with SUNPRESS_API_URL where it is.`
  }
  return error instanceof Error ? error.message : String(error)
}

function describeProblem({ status, detail, errors, errorCount }: ProblemError): string {
  const shown = errors.slice(0, SHOWN_ERRORS).map((entry) => `  ${describeEntry(entry)}`)
  const more = errorCount > shown.length ? [`  and ${errorCount - shown.length} more`] : []
  return [`${detail} (${status})`, ...shown, ...more].join('\n')
}

function describeEntry({ line, pointer, parameter, field, message }: FieldError): string {
  const place = line === undefined ? (pointer ?? parameter) : `line ${line}`
  const named = message.startsWith(field) ? message : `${field}: ${message}`
  return place === undefined ? named : `${place}  ${named}`
}
