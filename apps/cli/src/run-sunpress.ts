/** The command line as a function: arguments in, exit code out. Everything that a command throws is told on stderr. */
import { EXIT, exitCodeOf } from '@sunpress/runtime'
import { CommanderError } from 'commander'
import type { Context } from './context.js'
import { createProgram } from './program.js'
import { describeError } from './show/describe-error.js'

/** Resolves with 0 done, 1 failed, 2 wrong usage or configuration, 3 done with refusals. Never rejects. */
export async function runSunpress(argv: readonly string[], context: Context): Promise<number> {
  let code: number = EXIT.done
  const program = createProgram(context, (ended) => {
    code = ended
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    // commander has said it already; it gives 0 for help and version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused
    context.stderr.write(`sunpress: ${describeError(error)}\n`)
    return exitCodeOf(error)
  }
}
