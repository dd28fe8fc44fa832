import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'

const ABOUT = { pause: 'make no further nights', resume: 'make nights again' } as const

export function addScheduleControls(schedule: Command, context: Context, end: End): void {
  for (const command of ['pause', 'resume'] as const) {
    named(schedule, command, ABOUT[command]).action(async (name: string, { json }: { json?: true }) => {
      const after = await clientFromEnvironment(context.env).controlSchedule(name, command)
      if (json) printJson(context, after)
      else printLine(context, `${after.name}  next run ${after.nextRunAt ?? 'none: it is paused'}`)
      end(EXIT.done)
    })
  }
  named(schedule, 'run', 'make a campaign now, beside the nights').action(
    async (name: string, { json }: { json?: true }) => {
      const run = await clientFromEnvironment(context.env).runSchedule(name)
      if (json) printJson(context, run)
      else printLine(context, `${run.campaign}  to be followed with: sunpress campaign watch ${run.campaign}`)
      end(EXIT.done)
    },
  )
  named(schedule, 'delete', 'remove a schedule; its history and its campaigns stay').action(
    async (name: string, { json }: { json?: true }) => {
      await clientFromEnvironment(context.env).deleteSchedule(name)
      if (json) printJson(context, { name, deleted: true })
      else printLine(context, `${name}  deleted`)
      end(EXIT.done)
    },
  )
}

const named = (schedule: Command, command: string, about: string): Command =>
  schedule
    .command(command)
    .description(about)
    .argument('<name>')
    .option('--json', 'one JSON document on stdout')
