import { ProblemError } from '@sunpress/client'
import { EXIT, type ExitCode, exitCodeOf } from '@sunpress/runtime'
import { NotSunpress } from './check-answers.js'

/** Refused for how things stand, not for what was written: a campaign that has ended, a time-out, too many requests. */
const NOT_MISUSED: ReadonlySet<number> = new Set([408, 409, 425, 429])

/** Like a wrong flag, a request that is refused for what stands in it was written wrongly: 2. Pure. */
export function exitCodeOfAnswer(error: unknown): ExitCode {
  if (error instanceof NotSunpress) return EXIT.misused
  if (!(error instanceof ProblemError)) return exitCodeOf(error)
  return error.status < 500 && !NOT_MISUSED.has(error.status) ? EXIT.misused : EXIT.failed
}
