/** A service in this very process: its pid is the service's, and its arguments are its own to judge. */
import type { Command } from 'commander'
import type { Context } from '../context.js'
import type { End } from '../program.js'

export interface RunIo {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly signal?: AbortSignal
}

/** What every service exports: resolves with the exit code. */
export type Run = (argv: string[], env: NodeJS.ProcessEnv, io: RunIo) => Promise<number>

export interface Role {
  readonly name: string
  readonly about: string
  /** Imports the service; nothing of it is loaded before. */
  readonly run: Run
}

export function addRole(program: Command, context: Context, end: End, role: Role): void {
  program
    .command(role.name)
    .description(role.about)
    .argument('[arguments...]')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (_words: string[], _options: unknown, command: Command) => {
      end(await role.run([...command.args], context.env, context))
    })
}
