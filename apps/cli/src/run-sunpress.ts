/**
 * The command line as a function: arguments in, exit code out. Everything that a command throws is told on stderr, and with
 * `--json` as the one document on stdout too.
 */
import { EXIT } from '@sunpress/runtime'
import { CommanderError } from 'commander'
import { type Context, printJson } from './context.js'
import { exitCodeOfAnswer } from './exit-code-of-answer.js'
import { createProgram } from './program.js'
import { describeError } from './show/describe-error.js'
import { errorDocument } from './show/error-document.js'

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
    const said = error instanceof CommanderError
    if (said && error.exitCode === 0) return EXIT.done
    if (!said) context.stderr.write(`sunpress: ${describeError(error)}\n`)
    if (argv.includes('--json')) printJson(context, errorDocument(error))
    return said ? EXIT.misused : exitCodeOfAnswer(error)
  }
}
