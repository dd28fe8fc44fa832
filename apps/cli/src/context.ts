/** What a command is given besides its arguments: tests give their own. */
import type { Readable, Writable } from 'node:stream'

export interface Context {
  readonly env: NodeJS.ProcessEnv
  readonly stdin: Readable
  readonly stdout: Output
  readonly stderr: Output
}

/** `isTTY` and `columns` as a terminal has them; absent in a pipe or a file. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** One document on stdout, as `--json` promises. */
export const printJson = (context: Context, document: unknown): void => {
  context.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}

export const printLine = (context: Context, line: string): void => {
  context.stdout.write(`${line}\n`)
}
