/** What went wrong, as a person at a terminal wants to read it. Pure. */
import { ApiFault, UnreachableFault } from './api-fault.js'
import type { ProblemEntry } from './shapes.js'

const SHOWN_ERRORS = 20

export function describeError(error: unknown): string {
  if (error instanceof ApiFault) return describeProblem(error)
  if (error instanceof UnreachableFault) {
    return `${error.message}\nStart a producer (npx sunpress up), or say with SUNPRESS_API_URL where it is.`
  }
  return error instanceof Error ? error.message : String(error)
}

function describeProblem({ message, status, problem }: ApiFault): string {
  const errors = problem.errors ?? []
  const count = problem.errorCount ?? errors.length
  const shown = errors.slice(0, SHOWN_ERRORS).map((entry) => `  ${describeEntry(entry)}`)
  const more = count > shown.length ? [`  and ${count - shown.length} more`] : []
  return [`${message} (${status})`, ...shown, ...more].join('\n')
}

function describeEntry({ line, pointer, field, message }: ProblemEntry): string {
  const place = line !== undefined ? `line ${line}` : pointer
  const said = message ?? 'not as expected'
  const named = field === undefined || said.startsWith(field) ? said : `${field}: ${said}`
  return place === undefined ? named : `${place}  ${named}`
}
