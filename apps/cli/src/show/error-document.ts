/** What went wrong, for programs: the one document of `--json` where there is no other. Pure. */
import { ProblemError, UnreachableError } from '@sunpress/client'
import { ConfigFault } from '@sunpress/runtime'
import { CommanderError } from 'commander'
import { NotSunpress } from '../check-answers.js'

export interface ErrorDocument {
  readonly error: {
    /** Stable: the API's own code, or usage, config, unreachable, not_sunpress, failed. */
    readonly code: string
    readonly message: string
    /** What the API answered. */
    readonly status?: number
    /** One entry a defect, as the API gives them. */
    readonly errors?: readonly object[]
    readonly errorCount?: number
  }
}

export function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof ProblemError) {
    const { code, detail: message, status, errors, errorCount } = error
    return { error: { code, message, status, errors, errorCount } }
  }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof ConfigFault) {
    return { error: { code: 'config', message, errors: error.defects, errorCount: error.defects.length } }
  }
  return { error: { code: codeOf(error), message } }
}

function codeOf(error: unknown): string {
  if (error instanceof CommanderError) return 'usage'
  if (error instanceof UnreachableError) return 'unreachable'
  return error instanceof NotSunpress ? 'not_sunpress' : 'failed'
}
