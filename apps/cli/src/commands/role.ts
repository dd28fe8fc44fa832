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
  /** Its own flags, and its own help; without them everything is in its environment. */
  readonly hasFlags?: true
  /** Imports the service; nothing of it is loaded before. */
  readonly run: Run
}

export function addRole(program: Command, context: Context, end: End, role: Role): void {
  const command = program.command(role.name).description(role.about)
  if (role.hasFlags)
    command.argument('[arguments...]').allowUnknownOption().passThroughOptions().helpOption(false)
  else command.addHelpText('after', ENVIRONMENT)
  command.action(async () => end(await role.run([...command.args], context.env, context)))
}

const ENVIRONMENT = `
Everything is in its environment; docs/configuration.md has the variables. SIGTERM drains it.`
