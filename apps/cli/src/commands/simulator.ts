import { endWhenPipeCloses } from '@sunpress/runtime'
import type { Command } from 'commander'
import type { Context } from '../context.js'
import type { End } from '../program.js'
import { addRole, type Run } from './role.js'

/** The simulator knows nothing of the project around it, so the tether is held for it here. */
const run: Run = async (argv, env, io) => {
  const simulator = await import('@sunpress/simulator')
  if (env['SUNPRESS_TETHER'] !== 'fd') return simulator.run(argv, env, io)
  const tether = endWhenPipeCloses()
  try {
    return await simulator.run(argv, env, { stdout: io.stdout, stderr: io.stderr, signal: tether.cut })
  } finally {
    tether.release()
  }
}

export const addSimulator = (program: Command, context: Context, end: End): void =>
  addRole(program, context, end, {
    name: 'simulator',
    about: 'a simulated WeChat to test against',
    hasFlags: true,
    run,
  })
