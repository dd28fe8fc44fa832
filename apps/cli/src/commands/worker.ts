import type { Command } from 'commander'
import type { Context } from '../context.js'
import type { End } from '../program.js'
import { addRole, type Run } from './role.js'

const run: Run = async (argv, env, io) => (await import('@sunpress/worker')).run(argv, env, io)

export const addWorker = (program: Command, context: Context, end: End): void =>
  addRole(program, context, end, { name: 'worker', about: 'print the codes of campaigns', run })
