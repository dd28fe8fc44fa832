import type { Command } from 'commander'
import type { Context } from '../context.js'
import type { End } from '../program.js'

export function addUp(program: Command, context: Context, end: End): void {
  program
    .command('up')
    .description(
      'run everything on this machine; with no app configured, a simulated WeChat and a demo campaign too',
    )
    .option('--no-demo', 'run no demo campaign')
    .action(async ({ demo }: { demo: boolean }) => {
      const { up } = await import('../up/up.js')
      end(await up(context, { demo }))
    })
}
