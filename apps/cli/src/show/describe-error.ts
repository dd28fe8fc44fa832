/** What went wrong, as a person at a terminal wants to read it. Pure. */
import { type BadRow, type FieldError, ProblemError, UnreachableError } from '@sunpress/client'
import { flagOf, inFlagWords } from './flag-words.js'

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
  return [`${inFlagWords(detail)} (${status})`, ...shown, ...more, ...remedy(status)].join('\n')
}

const remedy = (status: number): string[] =>
  status === 401 ? ['Give a key of the producer in the variable SUNPRESS_API_KEY.'] : []

/** The place first: a line, a scene by its number, or the flag in the place of the API's own word. */
export function describeEntry({ line, pointer, parameter, field, message }: FieldError): string {
  const named = message.startsWith(field) ? message : `${field}: ${message}`
  if (line !== undefined) return `line ${line}  ${named}`
  const scene = /^\/scenes\/(\d+)/.exec(pointer ?? '')?.[1]
  if (scene !== undefined) return `scene ${Number(scene) + 1} of --scenes  ${named}`
  const flag = flagOf(field) ?? flagOf((pointer ?? '').slice(1).replaceAll('/', '.'))
  if (flag !== null)
    return message.startsWith(field) ? flag + message.slice(field.length) : `${flag}: ${message}`
  const place = pointer ?? parameter
  return place === undefined ? named : `${place}  ${named}`
}

/** A line a defect, each with the row's place. Pure. */
export function describeBadRow({ line, pointer, errors }: BadRow): string {
  const place = { ...(line === undefined ? {} : { line }), ...(pointer === undefined ? {} : { pointer }) }
  return errors.map((error) => describeEntry({ ...error, ...place })).join('\n')
}
